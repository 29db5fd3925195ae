import { NotFoundError } from '../../shared/errors.js';
import type { ClusterView } from '../cluster/cluster-view.js';

export type ClusterStatusNews =
  | { type: 'ClustersSnapshot'; cursor: string; clusters: ClusterView[] }
  | { type: 'ClusterAdded' | 'ClusterChanged'; cursor: string; cluster: ClusterView }
  | { type: 'ClusterRemoved'; cursor: string; id: string }
  | { type: 'StreamReset'; cursor: string; reason: string };

/** What a stream needs to know; `read` gives what the caller may see now. */
export interface ClusterStatusSource {
  cursor(): string;
  /** Clusters with news after the cursor; undefined when that can't be told any more. */
  changedSince(cursor: string): string[] | undefined;
  subscribe(listener: (clusterId: string) => void): () => void;
  /** Called when the caller may see others than before. Returns the unsubscriber. */
  onVisibilityChanged(listener: () => void): () => void;
  read(clusterIds: readonly string[]): Promise<Map<string, ClusterView>>;
  /** The clusters of a stream that is not limited to some. */
  listIds(): Promise<string[]>;
}

/**
 * One reader's clusters: a snapshot, then what changed. Reading goes at the reader's pace: a cluster that changes
 * again before it was told is told once, as it is then, so that a slow reader costs no memory. A stream of certain
 * clusters ends with NOT_FOUND when none of them is left.
 */
export class ClusterStatusStream implements AsyncIterableIterator<ClusterStatusNews> {
  readonly #due = new Set<string>();
  readonly #known = new Set<string>();
  readonly #queue: (() => Promise<ClusterStatusNews | undefined>)[] = [];
  readonly #unsubscribers: (() => void)[];
  #review = false;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(
    private readonly source: ClusterStatusSource,
    /** Undefined: all. */
    private readonly ids: ReadonlySet<string> | undefined,
    after: string | null,
  ) {
    this.#unsubscribers = [
      source.subscribe((clusterId) => {
        if (ids && !ids.has(clusterId)) return;
        this.#due.add(clusterId);
        this.#wake?.();
      }),
      source.onVisibilityChanged(() => {
        this.#review = true;
        this.#wake?.();
      }),
    ];
    const missed = after === null ? undefined : source.changedSince(after);
    if (missed === undefined) {
      if (after !== null) {
        const reason = 'What happened since that cursor is not known any more.';
        this.#queue.push(async () => ({ type: 'StreamReset', cursor: source.cursor(), reason }));
      }
      this.#queue.push(() => this.#snapshot());
    } else {
      for (const id of missed) if (!ids || ids.has(id)) this.#due.add(id);
      this.#queue.push(() => this.#resumed());
    }
  }

  async next(): Promise<IteratorResult<ClusterStatusNews>> {
    while (!this.#ended) {
      const event = await this.#take().catch(async (error: unknown) => {
        await this.return();
        throw error;
      });
      if (this.#ended) break;
      if (event) return { value: event, done: false };
      if (this.#due.size > 0 || this.#queue.length > 0 || this.#review) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<ClusterStatusNews>> {
    this.#ended = true;
    for (const unsubscribe of this.#unsubscribers) unsubscribe();
    this.#wake?.();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #take(): Promise<ClusterStatusNews | undefined> {
    const queued = this.#queue.shift();
    if (queued) return queued();
    if (this.#review) await this.#reviewVisible();
    const [id] = this.#due;
    if (id === undefined) return undefined;
    this.#due.delete(id);
    const cursor = this.source.cursor();
    const cluster = (await this.source.read([id])).get(id);
    if (!cluster) {
      if (!this.#known.delete(id)) return undefined;
      if (this.ids && this.#known.size === 0) this.#queue.push(() => this.#noneLeft(id));
      return { type: 'ClusterRemoved', cursor, id };
    }
    const type = this.#known.has(id) ? 'ClusterChanged' : 'ClusterAdded';
    this.#known.add(id);
    return { type, cursor, cluster };
  }

  /** What came into sight or went out of it without news of its own. */
  async #reviewVisible(): Promise<void> {
    this.#review = false;
    const ids = this.ids ? [...this.ids] : await this.source.listIds();
    const found = await this.source.read(ids);
    for (const id of found.keys()) if (!this.#known.has(id)) this.#due.add(id);
    for (const id of this.#known) if (!found.has(id)) this.#due.add(id);
  }

  async #noneLeft(id: string): Promise<never> {
    throw new NotFoundError('Cluster', id, ['ids']);
  }

  async #snapshot(): Promise<ClusterStatusNews> {
    this.#due.clear();
    const cursor = this.source.cursor();
    const clusters = await this.#readAll();
    return { type: 'ClustersSnapshot', cursor, clusters };
  }

  /** A resumed reader knows its clusters already, also those that are gone by now. */
  async #resumed(): Promise<undefined> {
    for (const id of this.#due) this.#known.add(id);
    await this.#readAll();
  }

  async #readAll(): Promise<ClusterView[]> {
    const ids = this.ids ? [...this.ids] : await this.source.listIds();
    const found = await this.source.read(ids);
    for (const id of found.keys()) this.#known.add(id);
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
