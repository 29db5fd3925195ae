/** Between fan-out and the processes that it starts. */

/** What serves the gateway's sockets: its own protocol layer, or graphql-ws's server. */
export type Protocol = 'own' | 'graphql-ws';

export type ToGateway =
  | { readonly type: 'publish'; readonly milliseconds: number; readonly events: number }
  | { readonly type: 'count' | 'report' | 'stop' };

export interface GatewayReport {
  readonly cpuSeconds: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

export type FromGateway =
  | {
      readonly type: 'started';
      readonly url: string;
      readonly subgraphUrl: string;
      readonly secretKey: string;
      /** Times within events are microseconds since then, by `machineMs`. */
      readonly base: number;
    }
  | { readonly type: 'counted'; readonly subscriptions: number; readonly upstreams: number }
  | { readonly type: 'published' }
  | { readonly type: 'report'; readonly report: GatewayReport };

export interface Viewer {
  readonly token: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type ToViewers =
  | {
      readonly type: 'open';
      readonly url: string;
      readonly base: number;
      readonly viewers: readonly Viewer[];
    }
  | { readonly type: 'report' | 'stop' };

export interface ViewersReport {
  /** From the moment an event was published until a viewer had it, in milliseconds. */
  readonly latencies: readonly number[];
  /** Connections that have ended. */
  readonly lost: number;
}

export type FromViewers =
  | { readonly type: 'opened' }
  | { readonly type: 'report'; readonly report: ViewersReport };
