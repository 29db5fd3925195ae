import type { ExecutionResult } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { AnyError } from '../../subgraphs/shared/masked-result.js';
import type { Readiness } from '../../subgraphs/shared/subgraph.js';
import type { SubgraphRequest } from '../../subgraphs/shared/subgraph-execution.js';

export interface SubgraphResult {
  readonly data?: ExecutionResult['data'] | undefined;
  readonly errors?: readonly AnyError[] | undefined;
}

export interface RequestScope {
  readonly caller: Caller;
  /** Aborted when the client left or the deadline passed: work for it stops. */
  readonly signal: AbortSignal;
}

/**
 * How the gateway reaches one subgraph. Errors that a subgraph answers with come in the result; `execute` and
 * `subscribe` reject, and the stream throws, only when the subgraph could not be asked. Nothing here masks: what
 * leaves the gateway passes `publicError`.
 */
export interface SubgraphSource {
  readonly name: string;
  execute(request: SubgraphRequest, scope: RequestScope): Promise<SubgraphResult>;
  /**
   * The stream throws `StreamErrors` when the subgraph ended it with errors, `UpstreamLostError` when the way to it
   * broke, and is done only when the subgraph completed it.
   */
  subscribe(request: SubgraphRequest, scope: RequestScope): Promise<AsyncIterableIterator<SubgraphResult>>;
  ready(): Promise<Readiness>;
  dispose(): Promise<void>;
}

/** The connection to the subgraph broke, or it fell too far behind; the stream may be resumed with its cursor. */
export class UpstreamLostError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'UpstreamLostError';
  }
}
