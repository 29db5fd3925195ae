import type { Clock } from '../../clock.js';
import type { Connections } from '../connections.js';
import { type MetricsKind, type MetricsList, measurementsOf, metricsPath } from './measurement.js';
import { MetricsPoller, type PollerTimes, type UsageValue } from './metrics-poller.js';
import type { UsageUnavailableValue } from './usage-unavailable.js';

/** What is known of the use of one cluster's nodes or pods, now. */
export interface UsageReadings {
  /** Why there are no figures at all; null when there are. */
  readonly unavailable: UsageUnavailableValue | null;
  /** Of a node by name, or of a pod by `namespace/name`; undefined when the cluster has no figures of it. */
  find(key: string): UsageValue | undefined;
  /** Of all that have this value of the label that was named in `groupBy`, with the history of those that are gone. */
  findGroup(label: string, value: string): UsageValue | undefined;
  /** Of all together. */
  findTotal(): UsageValue | undefined;
}

export interface ReadOptions {
  /** False: the cluster is believed not to answer, so nothing is waited for. */
  readonly wait?: boolean;
  /** A label by whose values `findGroup` sums up. */
  readonly groupBy?: string;
}

export interface ClusterMetricsOptions extends Partial<PollerTimes> {
  readonly connections: Pick<Connections, 'get' | 'onDropped'>;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** metrics-server's own pace. */
const intervalMs = 15_000;
const minutes = 60_000;
/** An hour of nodes, 20 minutes of pods. */
const samplesKept: Readonly<Record<MetricsKind, number>> = { nodes: 240, pods: 80 };
/** The list of a large cluster takes its time. */
const deadlineMs = 15_000;
/** How long a reader waits for the very first answer. */
const firstAnswerMs = 2_000;

/**
 * What nodes and pods use, by metrics.k8s.io: each list is polled once for each cluster and process, at a fixed
 * interval and only while somebody reads, whoever and how many they are.
 */
export class ClusterMetrics {
  readonly #options: ClusterMetricsOptions;
  readonly #pollers = new Map<string, MetricsPoller>();
  readonly #forget: () => void;
  #disposed = false;

  constructor(options: ClusterMetricsOptions) {
    this.#options = options;
    this.#forget = options.connections.onDropped((clusterId, reason) => {
      for (const kind of ['nodes', 'pods'] as const) {
        const key = `${clusterId} ${kind}`;
        const poller = this.#pollers.get(key);
        if (reason === 'CREDENTIALS_CHANGED') poller?.wake();
        else {
          this.#pollers.delete(key);
          void poller?.dispose();
        }
      }
    });
  }

  readNodes(clusterId: string, options: ReadOptions = {}): Promise<UsageReadings> {
    return this.#read(clusterId, 'nodes', options);
  }

  readPods(clusterId: string, options: ReadOptions = {}): Promise<UsageReadings> {
    return this.#read(clusterId, 'pods', options);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#forget();
    await Promise.all([...this.#pollers.values()].map((poller) => poller.dispose()));
    this.#pollers.clear();
  }

  async #read(clusterId: string, kind: MetricsKind, options: ReadOptions): Promise<UsageReadings> {
    const key = `${clusterId} ${kind}`;
    const poller = this.#pollers.get(key) ?? this.#create(clusterId, kind);
    if (!this.#disposed) this.#pollers.set(key, poller);
    const { wait = true, groupBy } = options;
    await poller.read({ limitMs: wait ? firstAnswerMs : 0, ...(groupBy === undefined ? {} : { groupBy }) });
    return poller;
  }

  #create(clusterId: string, kind: MetricsKind): MetricsPoller {
    const { connections, clock, random = Math.random, wait, ...times } = this.#options;
    return new MetricsPoller({
      intervalMs,
      keepMs: 5 * minutes,
      recheckMs: 3 * minutes,
      ...times,
      samples: samplesKept[kind],
      clock,
      random,
      ...(wait ? { wait } : {}),
      read: async () => {
        const connection = await connections.get(clusterId);
        const path = metricsPath(kind);
        return measurementsOf(
          await connection.request<MetricsList>({ method: 'GET', path, deadlineMs }),
          clock.now(),
        );
      },
    });
  }
}
