import { abortable } from '../../subgraphs/shared/abortable.js';
import { requestBody } from '../../subgraphs/shared/subgraph-execution.js';
import type { RequestScope, SubgraphFetch, SubgraphResult, SubgraphSource } from '../sources/source.js';
import { copyOf } from './own-property.js';

/** How long after it was sent a fetch may still be joined, in milliseconds: what it read may be that much older. */
const joinMilliseconds = 50;

interface Fetch {
  readonly startedAt: number;
  /** How many mutations had ended when it started. */
  readonly mutations: number;
  /** Of the reader for whom it was sent. */
  readonly signal: AbortSignal;
  readonly joined: Joined[];
}

/** One who reads what was sent for another. */
interface Joined {
  readonly scope: RequestScope;
  readonly resolve: (result: SubgraphResult | Promise<SubgraphResult>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks a subgraph once for what one caller asks several times at the same moment: pages send the same query from
 * several components. Merged is only what cannot tell the readers apart:
 * - the same query, operation name and variables, of the same subgraph;
 * - everything of the caller but the request's ID: user, credential with its expiry, network address. The subgraph's
 *   log knows such a fetch by the ID of the request that sent it; errors carry the ID of their own request.
 * - queries, and never one that was sent before a mutation through this gateway ended: who changes something reads
 *   the change.
 * A reader that leaves takes nothing from the others: when it is the one for whom the fetch was sent, the subgraph is
 * told to stop, and asked again for those who are left.
 */
export class InFlight {
  readonly #fetches = new Map<string, Fetch>();
  #mutations = 0;

  async execute(
    source: SubgraphSource,
    request: SubgraphFetch,
    scope: RequestScope,
  ): Promise<SubgraphResult> {
    if (!request.repeatable) {
      try {
        return await source.execute(request, scope);
      } finally {
        this.#mutations += 1;
      }
    }
    const key = `${source.name}\n${callerKey(scope.caller)}\n${request.body ?? requestBody(request)}`;
    const known = this.#fetches.get(key);
    const joins =
      known !== undefined &&
      known.mutations === this.#mutations &&
      performance.now() - known.startedAt <= joinMilliseconds &&
      !known.signal.aborted;
    if (!joins) return this.#send(key, source, request, scope);
    const result = new Promise<SubgraphResult>((resolve, reject) =>
      known.joined.push({ scope, resolve, reject }),
    );
    return abortable(result, scope.signal);
  }

  async #send(
    key: string,
    source: SubgraphSource,
    request: SubgraphFetch,
    scope: RequestScope,
  ): Promise<SubgraphResult> {
    const fetch: Fetch = {
      startedAt: performance.now(),
      mutations: this.#mutations,
      signal: scope.signal,
      joined: [],
    };
    this.#fetches.set(key, fetch);
    try {
      const result = await source.execute(request, scope);
      // Before the first reader goes on and writes into what it got.
      for (const { resolve } of fetch.joined) resolve(copyOfResult(result));
      return result;
    } catch (error) {
      for (const joined of fetch.joined) {
        if (!scope.signal.aborted) joined.reject(error);
        else if (!joined.scope.signal.aborted) joined.resolve(this.execute(source, request, joined.scope));
      }
      throw error;
    } finally {
      if (this.#fetches.get(key) === fetch) this.#fetches.delete(key);
    }
  }
}

const callerKeys = new WeakMap<RequestScope['caller'], string>();

/** Made once for all that one request asks. */
function callerKey(caller: RequestScope['caller']): string {
  let key = callerKeys.get(caller);
  if (key === undefined) {
    key =
      caller.userId === null
        ? `anonymous ${caller.address}`
        : JSON.stringify([
            caller.userId,
            caller.credentialId,
            caller.credentialKind,
            caller.expiresAt,
            caller.address,
          ]);
    callerKeys.set(caller, key);
  }
  return key;
}

const copyOfResult = (result: SubgraphResult): SubgraphResult => ({
  ...result,
  data: copyOf(result.data) as SubgraphResult['data'],
});
