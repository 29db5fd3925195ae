import type { Clock } from '../../shared/clock.js';
import { apiPath } from '../../shared/kubernetes/api-path.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import { Recent } from './recent.js';
import { type ResourceAmounts, toResources } from './resources.mapper.js';

interface NodeMetricsList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly usage?: Readonly<Record<string, string>>;
  }[];
}

/** metrics.k8s.io, asked at most every 15 s for each cluster, and only when somebody wants to know. */
export class MetricsClient {
  readonly #recent: Recent<Map<string, ResourceAmounts> | undefined>;

  constructor(
    private readonly connections: Pick<Connections, 'get'>,
    clock: Clock,
  ) {
    this.#recent = new Recent((clusterId) => this.#read(clusterId), {
      maxAgeMs: 15_000,
      limitMs: 2_000,
      clock,
    });
  }

  /** By name of the node; undefined when the cluster has no metrics or does not answer. */
  findNodeUsage(clusterId: string): Promise<Map<string, ResourceAmounts> | undefined> {
    return this.#recent.get(clusterId);
  }

  async #read(clusterId: string): Promise<Map<string, ResourceAmounts> | undefined> {
    const connection = await this.connections.get(clusterId);
    try {
      const { items } = await connection.request<NodeMetricsList>({
        method: 'GET',
        path: apiPath({ group: 'metrics.k8s.io', version: 'v1beta1', resource: 'nodes' }),
      });
      const entries = (items ?? []).map(
        ({ metadata, usage }) =>
          [metadata?.name ?? '', { ...toResources(usage), pods: null, storageBytes: null }] as const,
      );
      return entries.length > 0 ? new Map(entries) : undefined;
    } catch (error) {
      // Not installed (404), not allowed (403) or not working (503): there are none.
      if (statusOf(error)) return undefined;
      throw error;
    }
  }
}
