import type { Caller } from './caller.js';

/** What resolvers receive: made anew for every operation and for every event of a subscription. */
export interface RequestContext {
  readonly caller: Caller;
  /** Aborted when the client left or the deadline passed. */
  readonly signal: AbortSignal;
  readonly loaders: Loaders;
}

/** DataLoaders of one operation, made on first use. They must never outlive it, or events would show stale rows. */
export class Loaders {
  readonly #made = new Map<symbol, unknown>();

  get<T>(key: symbol, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make());
    return this.#made.get(key) as T;
  }
}

export const createRequestContext = (caller: Caller, signal: AbortSignal): RequestContext => ({
  caller,
  signal,
  loaders: new Loaders(),
});
