import { randomUUID } from 'node:crypto';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskResult } from '../../subgraphs/shared/masked-result.js';
import type { PlanExecutor, Sources } from '../execute/execute-plan.js';
import type { SubgraphResult } from '../sources/source.js';
import { Payload } from './payload.js';
import { SharedResult } from './shared-result.js';
import type { SharingScopes } from './sharing-scopes.js';
import type { Subscriber } from './subscriber.js';
import { Upstream } from './upstream.js';

export interface SharedUpstreamsParts {
  readonly sources: Sources;
  readonly executor: PlanExecutor;
  readonly scopes: SharingScopes;
  readonly logger: Logger;
  /** It holds the others up, and can go on elsewhere. */
  readonly onTooFarBehind: (subscriber: Subscriber) => void;
  /** Its client takes nothing. */
  readonly onTooSlow: (subscriber: Subscriber, payload: Payload) => void;
  readonly onEnd: (
    upstream: Upstream,
    subscribers: readonly Subscriber[],
    failure: { readonly error: unknown } | undefined,
  ) => void;
}

/**
 * The streams from subgraphs that are open, by what is asked and who may share it: whoever comes gets one that is where
 * it wants to begin, or a new one; those who are at the same place are brought together on the older one.
 */
export class SharedUpstreams {
  readonly #byKey = new Map<string, Set<Upstream>>();
  #opened = 0;

  constructor(private readonly parts: SharedUpstreamsParts) {}

  get size(): number {
    let size = 0;
    for (const set of this.#byKey.values()) size += set.size;
    return size;
  }

  /** By the subscriber's scope, request and cursor. */
  attach(subscriber: Subscriber): void {
    const { request, cursor, scope } = subscriber;
    const key = JSON.stringify([scope, request.streamKey]);
    const { hint = false } = this.parts.scopes.policyOf(request);
    for (const upstream of this.#byKey.get(key) ?? []) {
      const after = hint ? upstream.received : upstream.joinAt(cursor);
      if (after === undefined) continue;
      this.#attach(upstream, subscriber, after);
      return;
    }
    this.#attach(this.#open(key, subscriber), subscriber, 0);
  }

  #open(key: string, { request, cursor, caller }: Subscriber): Upstream {
    const { sources, logger, onTooFarBehind } = this.parts;
    const source = sources.get(request.serviceName);
    if (!source) throw new Error(`the plan names ${request.serviceName}, for which there is no source`);
    this.#opened += 1;
    const upstream = new Upstream(this.#opened, key, request, cursor, this.#callerOf(caller, request), {
      source,
      logger,
      onClosed: (closed) => this.#forget(closed),
      onTooFarBehind: (result) => {
        for (const slow of [...result.subscribers]) onTooFarBehind(slow);
      },
    });
    const others = this.#byKey.get(key);
    if (others) others.add(upstream);
    else this.#byKey.set(key, new Set([upstream]));
    return upstream;
  }

  /**
   * The first viewer's request may be over long before the stream: one that may be shared has an ID of its own, under
   * which subgraphs log, and which whoever reads it is told with an error. What nobody shares is part of the request,
   * and audited as such.
   */
  #callerOf(caller: Caller, request: Subscriber['request']): Caller {
    if (!this.parts.scopes.mayBeShared(request)) return caller;
    const requestId = randomUUID();
    const { serviceName: subgraph, field } = request;
    this.parts.logger.info({ requestId, subgraph, field, userId: caller.userId }, 'stream opened');
    return { ...caller, requestId };
  }

  #forget(upstream: Upstream): void {
    const set = this.#byKey.get(upstream.key);
    set?.delete(upstream);
    if (set?.size === 0) this.#byKey.delete(upstream.key);
  }

  #attach(upstream: Upstream, subscriber: Subscriber, after: number): void {
    const { executor, logger, onTooSlow, onEnd } = this.parts;
    const { operation, variables, request, caller } = subscriber;
    const { scope } = upstream;
    let result = upstream.results.get(request.resultKey);
    if (!result) {
      result = new SharedResult<SubgraphResult>({
        request,
        sequence: upstream.received,
        complete: async (event) =>
          new Payload(
            maskResult(await executor.runEvent(operation, variables, scope, event), scope.caller, logger),
          ),
        onProgress: () => upstream.progressed(),
        onPlace: (at) => this.#gather(upstream, at),
        onTooSlow,
        onEnd: (subscribers, failure) => onEnd(upstream, subscribers, failure),
      });
      upstream.results.set(request.resultKey, result);
    }
    result.add(subscriber, after);
    if (scope.caller.requestId !== caller.requestId) {
      logger.info(
        { requestId: caller.requestId, streamRequestId: scope.caller.requestId },
        'subscription reads a stream',
      );
    }
  }

  /** Brings those together who are at the same place of the same stream: they came at different times. */
  #gather(upstream: Upstream, { at, options: { request } }: SharedResult<SubgraphResult>): void {
    const all = this.#byKey.get(upstream.key);
    if (!all || all.size < 2) return;
    for (const other of all) {
      if (other === upstream) continue;
      const [older, newer] = other.number < upstream.number ? [other, upstream] : [upstream, other];
      const leaving = newer.results.get(request.resultKey);
      const staying = older.results.get(request.resultKey);
      if (!leaving || leaving.at !== at || (staying ? staying.at : older.position) !== at) continue;
      for (const subscriber of [...leaving.subscribers]) {
        subscriber.detach();
        this.#attach(older, subscriber, staying ? staying.delivered : older.received);
      }
    }
  }
}
