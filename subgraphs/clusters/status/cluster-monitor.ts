import type { Clock } from '../../shared/clock.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { MeridianError } from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { CircuitOpenError } from '../../shared/kubernetes/errors.js';
import type { Logger } from '../../shared/logger.js';
import { problemOf } from './cluster-problem.js';
import {
  answered,
  type ClusterState,
  failed,
  isNews,
  notYetAsked,
  type ProbeAnswer,
} from './cluster-state.js';

export interface MonitoredClusters {
  /** Ids of the registered clusters. */
  listIds(): Promise<string[]>;
  isRegistered(id: string): Promise<boolean>;
  /** Keeps what the cluster says of its version. */
  setKubernetesVersion(id: string, version: string): Promise<void>;
}

interface Watched {
  state: ClusterState;
  /** Raised when an answer that is on its way stops counting: new credentials, or the cluster is gone. */
  generation: number;
  probing: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Asks every registered cluster how it is, one question at a time for each, about every `intervalMs`; the answers
 * live in memory. `sequence` counts the news, so that a stream can be resumed within the life of this process.
 */
export class ClusterMonitor {
  readonly #watched = new Map<string, Watched>();
  readonly #newsAt = new Map<string, number>();
  readonly #listeners = new Set<(clusterId: string) => void>();
  readonly #unsubscribers: (() => void)[] = [];
  #sequence = 0;
  #disposed = false;

  constructor(
    private readonly options: {
      readonly clusters: MonitoredClusters;
      readonly probe: { probe(clusterId: string): Promise<ProbeAnswer> };
      readonly connections: Pick<Connections, 'onDropped'>;
      readonly events: Pick<DomainEvents, 'on' | 'onResynced'>;
      readonly clock: Clock;
      /** 0 to 1. */
      readonly random: () => number;
      readonly intervalMs: number;
      readonly logger: Logger;
    },
  ) {}

  async start(): Promise<void> {
    const { events, connections, logger } = this.options;
    const refresh = (clusterId: string): void => {
      this.#refresh(clusterId).catch((error) =>
        logger.warn({ error, clusterId }, 'cluster could not be read'),
      );
    };
    this.#unsubscribers.push(
      events.on('cluster.changed', ({ clusterId }) => refresh(clusterId)),
      // The connection with new credentials is there only after this.
      connections.onDropped(
        (clusterId, reason) => reason === 'CREDENTIALS_CHANGED' && this.#restart(clusterId),
      ),
      events.onResynced(() => {
        this.#reload().catch((error) => logger.warn({ error }, 'clusters could not be listed'));
      }),
    );
    await this.#reload();
  }

  get sequence(): number {
    return this.#sequence;
  }

  stateOf(clusterId: string): ClusterState {
    return this.#watched.get(clusterId)?.state ?? notYetAsked;
  }

  /** Clusters with news after that count, those that are gone included. */
  changedSince(sequence: number): string[] {
    return [...this.#newsAt].filter(([, at]) => at > sequence).map(([id]) => id);
  }

  /** Called with each cluster that has news: read its state and its row again. Returns the unsubscriber. */
  subscribe(listener: (clusterId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    this.#disposed = true;
    for (const unsubscribe of this.#unsubscribers) unsubscribe();
    for (const id of [...this.#watched.keys()]) this.#forget(id);
    this.#listeners.clear();
  }

  async #reload(): Promise<void> {
    const ids = new Set(await this.options.clusters.listIds());
    for (const id of ids) this.#restart(id);
    for (const id of [...this.#watched.keys()]) if (!ids.has(id)) this.#remove(id);
  }

  async #refresh(clusterId: string): Promise<void> {
    if (!(await this.options.clusters.isRegistered(clusterId))) return this.#remove(clusterId);
    this.#restart(clusterId);
    this.#announce(clusterId);
  }

  /** Asks now; an answer under way does not count any more. */
  #restart(clusterId: string): void {
    if (this.#disposed) return;
    const watched = this.#watched.get(clusterId) ?? {
      state: notYetAsked,
      generation: 0,
      probing: false,
      timer: undefined,
    };
    this.#watched.set(clusterId, watched);
    watched.generation++;
    clearTimeout(watched.timer);
    if (!watched.probing) void this.#ask(clusterId, watched);
  }

  async #ask(clusterId: string, watched: Watched): Promise<void> {
    const { generation } = watched;
    watched.probing = true;
    const state = await this.#look(clusterId, watched.state);
    watched.probing = false;
    if (this.#watched.get(clusterId) !== watched) return;
    if (watched.generation !== generation) return this.#ask(clusterId, watched);
    const before = watched.state;
    watched.state = state;
    if (isNews(before, state)) {
      if (state.kubernetesVersion !== null && state.kubernetesVersion !== before.kubernetesVersion) {
        await this.options.clusters
          .setKubernetesVersion(clusterId, state.kubernetesVersion)
          .catch((error) => this.options.logger.warn({ error, clusterId }, 'cluster version was not kept'));
      }
      this.#announce(clusterId);
    }
    this.#schedule(clusterId, watched);
  }

  async #look(clusterId: string, previous: ClusterState): Promise<ClusterState> {
    const { probe, clock, logger } = this.options;
    try {
      return answered(await probe.probe(clusterId), new Date(clock.now()));
    } catch (thrown) {
      // That it is not asked for a while is no news: why it does not answer stays what it was.
      const error = thrown instanceof CircuitOpenError ? thrown.last : thrown;
      if (error instanceof MeridianError) return failed(previous, error, problemOf(error));
      logger.error({ error, clusterId }, 'cluster could not be asked');
      return failed(
        previous,
        { code: 'INTERNAL', message: 'Meridian could not ask the cluster.' },
        'INTERNAL',
      );
    }
  }

  #schedule(clusterId: string, watched: Watched): void {
    if (this.#disposed || this.#watched.get(clusterId) !== watched) return;
    const delay = this.options.intervalMs * (0.9 + 0.2 * this.options.random());
    clearTimeout(watched.timer);
    watched.timer = setTimeout(() => {
      if (!watched.probing) void this.#ask(clusterId, watched);
    }, delay);
    watched.timer.unref();
  }

  #remove(clusterId: string): void {
    this.#forget(clusterId);
    this.#announce(clusterId);
  }

  #forget(clusterId: string): void {
    clearTimeout(this.#watched.get(clusterId)?.timer);
    this.#watched.delete(clusterId);
  }

  #announce(clusterId: string): void {
    this.#newsAt.set(clusterId, ++this.#sequence);
    for (const listener of this.#listeners) listener(clusterId);
  }
}
