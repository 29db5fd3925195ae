import type { IncomingMessage, ServerResponse } from 'node:http';
import type { User } from './access/user.js';
import type { Accepted } from './content-negotiation.js';
import type { ServedKind } from './served-kinds.js';
import type { ServerContext } from './server-context.js';

/** A request for something that is served, by someone who may make it. */
export interface ResourceRequest {
  readonly context: ServerContext;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly user: User;
  readonly kind: ServedKind;
  readonly namespace: string | undefined;
  /** Empty for collections. */
  readonly name: string;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly accepted: Accepted;
}
