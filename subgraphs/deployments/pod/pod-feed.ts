import type { Pod as KubernetesPod } from '../../shared/kubernetes/resources.js';
import type {
  Observed,
  WorkloadClient,
  WorkloadKey,
  WorkloadState,
  WorkloadWatch,
} from '../workload/workload.client.js';
import { type PodValue, podOf } from './pod.mapper.js';
import { PodJournal } from './pod-journal.js';

/** How long the changes of a service are kept track of when nobody reads them, for those who come back. */
const lingerMilliseconds = 120_000;
/** Services that nobody reads are forgotten beyond this number, the longest unread first. */
const maximumUnread = 500;

/** The pods of one service as they change, for all who read them. */
export class PodFeed {
  readonly journal = new PodJournal();
  readonly #watch: WorkloadWatch;
  readonly #listeners = new Set<() => void>();
  #state: WorkloadState;
  #values = new Map<string, { source: KubernetesPod; templateId: string | undefined; value: PodValue }>();
  #scheduled = false;

  constructor(
    service: WorkloadKey,
    workloads: Pick<WorkloadClient, 'watch'>,
    private readonly clusterId = service.clusterId,
  ) {
    this.#watch = workloads.watch(service, () => this.#changed());
    this.#state = this.#watch.state();
    this.#update();
  }

  get readers(): number {
    return this.#listeners.size;
  }

  /** False until the cluster has told of its pods. */
  get known(): boolean {
    return this.#state.known;
  }

  /** May the pods be others by now? */
  get stale(): boolean {
    return this.#state.observed.stale || !this.#state.known;
  }

  get observed(): Observed {
    return { ...this.#state.observed, stale: this.stale };
  }

  /** Resolves when the pods are known, or were waited for long enough. */
  async synced(): Promise<void> {
    await this.#watch.synced();
    this.#update();
  }

  /** Throws NotFoundError when the cluster was removed. */
  requireCluster(): void {
    this.#watch.requireCluster();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#watch.release();
  }

  /** What comes in one piece from the cluster is one change. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#update();
      for (const listener of this.#listeners) listener();
    });
  }

  #update(): void {
    this.#state = this.#watch.state();
    const { pods, templateId } = this.#state;
    const before = this.#values;
    this.#values = new Map(
      pods.map((source) => {
        const uid = source.metadata?.uid ?? '';
        const known = before.get(uid);
        return [
          uid,
          known?.source === source && known.templateId === templateId
            ? known
            : { source, templateId, value: podOf(source, this.clusterId, templateId) },
        ];
      }),
    );
    this.journal.update([...this.#values.values()].map(({ value }) => value));
  }
}

/** One feed for each service in this process. */
export class PodFeeds {
  readonly #feeds = new Map<string, PodFeed>();
  /** By service, the longest unread first. */
  readonly #unread = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly workloads: Pick<WorkloadClient, 'watch'>,
    private readonly times: { readonly lingerMilliseconds?: number } = {},
  ) {}

  /** `changed` is called after every change; release it with `close`. */
  open(service: WorkloadKey, changed: () => void): { readonly feed: PodFeed; close(): void } {
    const { id } = service;
    clearTimeout(this.#unread.get(id));
    this.#unread.delete(id);
    const feed = this.#feeds.get(id) ?? new PodFeed(service, this.workloads);
    this.#feeds.set(id, feed);
    const unsubscribe = feed.subscribe(changed);
    return {
      feed,
      close: () => {
        unsubscribe();
        if (feed.readers === 0 && this.#feeds.get(id) === feed) this.#linger(id);
      },
    };
  }

  dispose(): void {
    for (const timer of this.#unread.values()) clearTimeout(timer);
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
    this.#unread.clear();
  }

  #linger(id: string): void {
    clearTimeout(this.#unread.get(id));
    this.#unread.delete(id);
    const after = this.times.lingerMilliseconds ?? lingerMilliseconds;
    this.#unread.set(id, setTimeout(() => this.#forget(id), after).unref());
    const [oldest] = this.#unread.keys();
    if (this.#unread.size > maximumUnread && oldest !== undefined) this.#forget(oldest);
  }

  #forget(id: string): void {
    clearTimeout(this.#unread.get(id));
    this.#unread.delete(id);
    this.#feeds.get(id)?.close();
    this.#feeds.delete(id);
  }
}
