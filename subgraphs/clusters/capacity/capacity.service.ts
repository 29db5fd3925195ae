import type { ClusterMetrics, UsageReadings } from '../../shared/kubernetes/metrics/cluster-metrics.js';
import type { UsageSampleValue } from '../../shared/kubernetes/metrics/sample-series.js';
import {
  type UsageUnavailableValue,
  usageUnavailable,
} from '../../shared/kubernetes/metrics/usage-unavailable.js';
import type { Node, Pod } from '../../shared/kubernetes/resources.js';
import type { ClusterPodsClient } from '../node/cluster-pods.client.js';
import type { NodeClient } from '../node/node.client.js';
import { toNodeView } from '../node/node.mapper.js';
import type { ClusterMonitor } from '../status/cluster-monitor.js';
import { mayAnswer } from '../status/cluster-state.js';
import { type PodCountsValue, podCounts } from './pod-counts.js';
import { requestedResources } from './pod-requests.js';
import { measuredResources, type ResourceAmounts, sumResources, toResources } from './resources.mapper.js';

export interface NodeCountsValue {
  total: number;
  ready: number;
  unschedulable: number;
  underPressure: number;
}

/** Totals of a cluster that the caller was given, so may see. Nothing waits for a cluster that does not answer. */
export class CapacityService {
  constructor(
    private readonly nodes: Pick<NodeClient, 'list'>,
    private readonly pods: Pick<ClusterPodsClient, 'list'>,
    private readonly metrics: Pick<ClusterMetrics, 'readNodes'>,
    private readonly monitor: Pick<ClusterMonitor, 'stateOf'>,
  ) {}

  async capacity(clusterId: string): Promise<ResourceAmounts> {
    return sumResources((await this.#nodes(clusterId)).map(({ status }) => toResources(status?.capacity)));
  }

  async allocatable(clusterId: string): Promise<ResourceAmounts> {
    return sumResources((await this.#nodes(clusterId)).map(({ status }) => toResources(status?.allocatable)));
  }

  async requested(clusterId: string): Promise<ResourceAmounts> {
    return requestedResources(await this.#pods(clusterId));
  }

  async nodeCounts(clusterId: string): Promise<NodeCountsValue> {
    const views = (await this.#nodes(clusterId)).map((node) => toNodeView(node, clusterId));
    return {
      total: views.length,
      ready: views.filter(({ ready }) => ready).length,
      unschedulable: views.filter(({ unschedulable }) => unschedulable).length,
      underPressure: views.filter(({ pressures }) => pressures.length > 0).length,
    };
  }

  async podCounts(clusterId: string): Promise<PodCountsValue> {
    return podCounts(await this.#pods(clusterId));
  }

  /** Null without metrics, and while the cluster does not answer. */
  async usage(clusterId: string): Promise<ResourceAmounts | null> {
    const usage = (await this.#usage(clusterId)).findTotal();
    return usage ? measuredResources(usage) : null;
  }

  async usageUnavailable(clusterId: string): Promise<UsageUnavailableValue | null> {
    const readings = await this.#usage(clusterId);
    if (readings.findTotal()) return null;
    return readings.unavailable ?? usageUnavailable('NOT_MEASURED');
  }

  async usageHistory(clusterId: string): Promise<readonly UsageSampleValue[]> {
    return (await this.#usage(clusterId)).findTotal()?.history ?? [];
  }

  #nodes(clusterId: string): Promise<Node[]> {
    return this.nodes.list(clusterId, { wait: this.#mayAnswer(clusterId) });
  }

  #pods(clusterId: string): Promise<Pod[]> {
    return this.pods.list(clusterId, { wait: this.#mayAnswer(clusterId) });
  }

  #usage(clusterId: string): Promise<UsageReadings> {
    return this.metrics.readNodes(clusterId, { wait: this.#mayAnswer(clusterId) });
  }

  #mayAnswer(clusterId: string): boolean {
    return mayAnswer(this.monitor.stateOf(clusterId));
  }
}
