import type { ApiPath } from '../api-path.js';
import { apiPath } from '../api-path.js';
import { quantityToNumber, readQuantity } from '../quantity.js';

export type MetricsKind = 'nodes' | 'pods';

/** What metrics.k8s.io says of one node or pod. */
export interface Measurement {
  /** A node's name, or `namespace/name` of a pod. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, by the cluster's clock. */
  readonly at: number;
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

type Amounts = Readonly<Record<string, string>> | null | undefined;

/** NodeMetrics and PodMetrics, as far as they are read: https://github.com/kubernetes/metrics, v1beta1. */
interface MetricsItem {
  readonly metadata?: {
    readonly name?: unknown;
    readonly namespace?: unknown;
    readonly labels?: Readonly<Record<string, string>> | null;
  } | null;
  readonly timestamp?: string;
  readonly usage?: Amounts;
  readonly containers?: readonly ({ readonly usage?: Amounts } | null)[] | null;
}

export interface MetricsList {
  readonly items?: readonly (MetricsItem | null)[] | null;
}

/** All nodes, or all pods of all namespaces. */
export const metricsPath = (kind: MetricsKind): ApiPath =>
  apiPath({ group: 'metrics.k8s.io', version: 'v1beta1', resource: kind });

/** A cluster may answer anything: what has no name is passed over, what is no amount counts as nothing. */
export function measurementsOf(list: MetricsList | undefined, now: number): Measurement[] {
  const items = Array.isArray(list?.items) ? (list.items as readonly (MetricsItem | null)[]) : [];
  return items.flatMap((item): Measurement[] => {
    const { name, namespace, labels } = item?.metadata ?? {};
    if (!item || typeof name !== 'string') return [];
    const amounts = Array.isArray(item.containers)
      ? item.containers.map((container) => container?.usage)
      : [item.usage];
    const at = Date.parse(String(item.timestamp));
    return [
      {
        key: typeof namespace === 'string' ? `${namespace}/${name}` : name,
        labels: labels ?? {},
        at: Number.isNaN(at) ? now : at,
        cpuCores: sum(amounts, 'cpu'),
        memoryBytes: sum(amounts, 'memory'),
      },
    ];
  });
}

const sum = (all: readonly Amounts[], resource: 'cpu' | 'memory'): number =>
  all.reduce((total, amounts) => {
    const quantity = readQuantity(amounts?.[resource]);
    return total + (quantity ? quantityToNumber(quantity) : 0);
  }, 0);
