/** Who is asking, as the gateway established it. Subgraphs take it from nowhere else. */
interface RequestOrigin {
  /** Names the request in logs, errors and the audit log. */
  readonly requestId: string;
  /** The client's network address, when known. */
  readonly address: string | null;
  /** Another replica of the same subgraph handed the request on: it goes no further. */
  readonly forwarded?: true;
}

export interface SignedInCaller extends RequestOrigin {
  readonly userId: string;
  /** The session or access token that the bearer token stands for. */
  readonly credentialId: string;
  readonly credentialKind: 'SESSION' | 'ACCESS_TOKEN';
  /** When the bearer token ends: milliseconds since the epoch. Streams end with it. */
  readonly expiresAt: number;
}

export interface AnonymousCaller extends RequestOrigin {
  readonly userId: null;
}

export type Caller = SignedInCaller | AnonymousCaller;
