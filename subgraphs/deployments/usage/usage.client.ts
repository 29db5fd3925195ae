import { BoundedCache } from '../../shared/bounded-cache.js';
import type { Clock } from '../../shared/clock.js';
import { apiPath } from '../../shared/kubernetes/api-path.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { quantityToNumber, readQuantity } from '../../shared/kubernetes/quantity.js';
import { serviceLabel } from '../workload/labels.js';

export interface UsageSampleValue {
  at: Date;
  cpuCores: number;
  memoryBytes: number;
}
export interface UsageValue extends UsageSampleValue {
  history: UsageSampleValue[];
}

interface PodMetricsList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
    readonly containers?: readonly { readonly usage?: Readonly<Record<string, string>> }[];
  }[];
}

const keepMilliseconds = 10_000;
const maximumSamples = 60;

/** metrics.k8s.io of one namespace, asked at most every 10 s, with what was seen before. */
export class UsageClient {
  readonly #reads = new Map<string, { at: number; read: Promise<PodMetricsList | undefined> }>();
  readonly #histories = new BoundedCache<string, UsageSampleValue[]>({
    maxEntries: 5_000,
    maxWeight: 300_000,
  });

  constructor(
    private readonly connections: Pick<Connections, 'get'>,
    private readonly clock: Clock,
  ) {}

  /** Null when the cluster measures nothing, or does not answer. */
  async findByService(service: {
    id: string;
    clusterId: string;
    namespace: string;
  }): Promise<UsageValue | null> {
    return this.#usage(service, service.id, ({ labels }) => labels?.[serviceLabel] === service.id);
  }

  async findByPod(pod: {
    uid: string;
    name: string;
    clusterId: string;
    namespace: string;
  }): Promise<UsageValue | null> {
    return this.#usage(pod, pod.uid, ({ name }) => name === pod.name);
  }

  async #usage(
    place: { clusterId: string; namespace: string },
    key: string,
    concerns: (metadata: { name?: string; labels?: Readonly<Record<string, string>> }) => boolean,
  ): Promise<UsageValue | null> {
    const { at, read } = this.#read(place);
    const items = (await read)?.items?.filter(({ metadata }) => concerns(metadata ?? {})) ?? [];
    if (items.length === 0) return null;
    const sum = (resource: string): number =>
      items
        .flatMap(({ containers }) => containers ?? [])
        .reduce((total, { usage }) => {
          const quantity = readQuantity(usage?.[resource]);
          return total + (quantity ? quantityToNumber(quantity) : 0);
        }, 0);
    const sample = { at: new Date(at), cpuCores: sum('cpu'), memoryBytes: sum('memory') };
    const before = this.#histories.get(key) ?? [];
    const history = before.at(-1)?.at.getTime() === at ? before : [...before, sample].slice(-maximumSamples);
    this.#histories.set(key, history, history.length);
    return { ...sample, history };
  }

  #read({ clusterId, namespace }: { clusterId: string; namespace: string }) {
    const key = `${clusterId} ${namespace}`;
    const known = this.#reads.get(key);
    const at = this.clock.now();
    if (known && at - known.at < keepMilliseconds) return known;
    const read = this.connections
      .get(clusterId)
      .then((connection) =>
        connection.request<PodMetricsList>({
          method: 'GET',
          path: apiPath({ group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods', namespace }),
          deadlineMs: 2_000,
        }),
      )
      // Not installed, not allowed or not answering: there are no figures.
      .catch(() => undefined);
    if (this.#reads.size > 1_000) this.#reads.clear();
    this.#reads.set(key, { at, read });
    return { at, read };
  }
}
