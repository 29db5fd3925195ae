import type { NodeClient } from '../node/node.client.js';
import type { ClusterMonitor } from '../status/cluster-monitor.js';
import { mayAnswer } from '../status/cluster-state.js';
import type { MetricsClient } from './metrics.client.js';
import type { PodRequestClient } from './pod-request.client.js';
import { noResources, type ResourceAmounts, sumResources, toResources } from './resources.mapper.js';

/** Totals of a cluster that the caller was given, so may see. Nothing waits for a cluster that does not answer. */
export class CapacityService {
  constructor(
    private readonly nodes: Pick<NodeClient, 'list'>,
    private readonly metrics: Pick<MetricsClient, 'findNodeUsage'>,
    private readonly requests: Pick<PodRequestClient, 'find'>,
    private readonly monitor: Pick<ClusterMonitor, 'stateOf'>,
  ) {}

  async capacity(clusterId: string): Promise<ResourceAmounts> {
    const nodes = await this.nodes.list(clusterId, { wait: this.#mayAnswer(clusterId) });
    return sumResources(nodes.map(({ status }) => toResources(status?.capacity)));
  }

  async allocatable(clusterId: string): Promise<ResourceAmounts> {
    const nodes = await this.nodes.list(clusterId, { wait: this.#mayAnswer(clusterId) });
    return sumResources(nodes.map(({ status }) => toResources(status?.allocatable)));
  }

  async requested(clusterId: string): Promise<ResourceAmounts> {
    return (await this.requests.find(clusterId, { wait: this.#mayAnswer(clusterId) })) ?? noResources;
  }

  /** Null without metrics, and while the cluster does not answer: a use of some time ago says nothing. */
  async usage(clusterId: string): Promise<ResourceAmounts | null> {
    if (!this.#mayAnswer(clusterId)) return null;
    const usage = await this.metrics.findNodeUsage(clusterId);
    return usage ? sumResources([...usage.values()]) : null;
  }

  #mayAnswer(clusterId: string): boolean {
    return mayAnswer(this.monitor.stateOf(clusterId));
  }
}
