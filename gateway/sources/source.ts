import type { Caller } from '../../subgraphs/shared/caller.js';
import type { AnyResult } from '../../subgraphs/shared/masked-result.js';
import type { Readiness } from '../../subgraphs/shared/subgraph.js';
import type { SubgraphRequest } from '../../subgraphs/shared/subgraph-execution.js';

export { UpstreamLostError } from '../../subgraphs/shared/subgraph-streams.js';

export type SubgraphResult = AnyResult;

export interface RequestScope {
  readonly caller: Caller;
  /** Aborted when the client left or the deadline passed: work for it stops. */
  readonly signal: AbortSignal;
}

/** What an execution asks of a subgraph. */
export interface SubgraphFetch extends SubgraphRequest {
  /** The text of the request, where whoever asks has it already: `requestBody` of it, in any order of its keys. */
  readonly body?: string;
  /** A query: it may be sent again, or once for several readers. Never true of a mutation. */
  readonly repeatable?: boolean;
}

/**
 * How the gateway reaches one subgraph. Errors that a subgraph answers with come in the result; `execute` and
 * `subscribe` reject, and the stream throws, only when the subgraph could not be asked. Nothing here masks: what
 * leaves the gateway passes `publicError`.
 */
export interface SubgraphSource {
  readonly name: string;
  execute(request: SubgraphFetch, scope: RequestScope): Promise<SubgraphResult>;
  /**
   * The stream throws `StreamErrors` when the subgraph ended it with errors, `UpstreamLostError` when the way to it
   * broke, and is done only when the subgraph completed it.
   */
  subscribe(request: SubgraphRequest, scope: RequestScope): Promise<AsyncIterableIterator<SubgraphResult>>;
  ready(): Promise<Readiness>;
  dispose(): Promise<void>;
}
