import type { Logger } from '../../subgraphs/shared/logger.js';
import type { Generation } from './generation.js';

/** Why a supergraph was not taken: a line for the operator. */
export class RefusedSupergraphError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RefusedSupergraphError';
  }
}

/**
 * The generation that operations are prepared with, and those before it that running operations still use. An
 * operation keeps the generation that it was prepared with until it ends, so that an update costs no request.
 */
export class Generations {
  #current: Generation;
  /** How many running operations use each generation. */
  readonly #users = new Map<Generation, number>();
  readonly #listeners = new Set<(next: Generation) => void>();
  readonly #preparations = new Set<(next: Generation) => Promise<void>>();
  #updating: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(
    first: Generation,
    private readonly options: {
      /** Rejects when the text is no valid supergraph. */
      readonly load: (supergraphSdl: string) => Promise<Generation>;
      /** Names of the subgraphs that can be reached. */
      readonly sources: ReadonlySet<string>;
      readonly logger: Logger;
    },
  ) {
    this.#requireSources(first);
    this.#current = first;
  }

  get current(): Generation {
    return this.#current;
  }

  /** Superseded generations that running operations still use. */
  get draining(): readonly Generation[] {
    return [...this.#users.keys()].filter((generation) => generation !== this.#current);
  }

  /** Before the next generation becomes `current`, each update waits for what this does with it. */
  beforeChange(prepare: (next: Generation) => Promise<void>): void {
    this.#preparations.add(prepare);
  }

  /** Calls the listener after each update, when `current` is the new one already. Returns what ends that. */
  onChange(listener: (next: Generation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Counts a running operation or subscription as a user of its generation until the returned function is called. */
  use(generation: Generation): () => void {
    this.#users.set(generation, (this.#users.get(generation) ?? 0) + 1);
    let used = true;
    return () => {
      if (!used) return;
      used = false;
      this.#release(generation);
    };
  }

  /**
   * Makes the supergraph the current one, or leaves everything as it is and rejects with RefusedSupergraphError: one
   * that is broken or names a subgraph that can't be reached. Updates are made one after the other. False when it is
   * the current one already.
   */
  update(supergraphSdl: string): Promise<boolean> {
    const update = this.#updating.then(() => this.#update(supergraphSdl));
    this.#updating = update.catch(() => undefined);
    return update;
  }

  /** Lets go of the planner's thread. */
  dispose(): void {
    this.#disposed = true;
    this.#current.planner.rest();
  }

  async #update(supergraphSdl: string): Promise<boolean> {
    if (supergraphSdl === this.#current.supergraphSdl) return false;
    const next = await this.#load(supergraphSdl);
    try {
      this.#requireSources(next);
    } catch (error) {
      next.planner.rest();
      throw error;
    }
    for (const prepare of this.#preparations) await this.#prepare(prepare, next);
    const previous = this.#current;
    this.#current = next;
    // What its operations need is planned, or waits to be: a later one would get another thread.
    previous.planner.rest();
    if (this.#disposed) next.planner.rest();
    this.options.logger.info({ draining: this.#users.get(previous) ?? 0 }, 'supergraph updated');
    for (const listener of [...this.#listeners]) {
      try {
        listener(next);
      } catch (error) {
        this.options.logger.error({ error }, 'following an update of the supergraph failed');
      }
    }
    return true;
  }

  async #load(supergraphSdl: string): Promise<Generation> {
    try {
      return await this.options.load(supergraphSdl);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new RefusedSupergraphError(`it is not a valid supergraph: ${why}`, { cause: error });
    }
  }

  async #prepare(prepare: (next: Generation) => Promise<void>, next: Generation): Promise<void> {
    try {
      await prepare(next);
    } catch (error) {
      this.options.logger.error({ error }, 'preparing for an update of the supergraph failed');
    }
  }

  #requireSources({ subgraphs }: Generation): void {
    const unknown = subgraphs.filter((name) => !this.options.sources.has(name));
    if (unknown.length === 0) return;
    const names = unknown.map((name) => JSON.stringify(name)).join(', ');
    throw new RefusedSupergraphError(
      `it names ${unknown.length === 1 ? 'a subgraph' : 'subgraphs'} that this gateway does not reach: ${names}`,
    );
  }

  #release(generation: Generation): void {
    const left = (this.#users.get(generation) ?? 1) - 1;
    if (left > 0) {
      this.#users.set(generation, left);
      return;
    }
    this.#users.delete(generation);
    if (generation !== this.#current) this.options.logger.debug('a superseded supergraph is out of use');
  }
}
