import type { ClusterMetrics } from '../../shared/kubernetes/metrics/cluster-metrics.js';
import type { UsageSampleValue } from '../../shared/kubernetes/metrics/sample-series.js';
import {
  type UsageUnavailableValue,
  usageUnavailable,
} from '../../shared/kubernetes/metrics/usage-unavailable.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { type Page, type PageArguments, pageOfList } from '../../shared/pagination.js';
import { type PodCountsValue, podCounts } from '../capacity/pod-counts.js';
import { requestedResources } from '../capacity/pod-requests.js';
import { measuredResources, type ResourceAmounts } from '../capacity/resources.mapper.js';
import type { ClusterMonitor } from '../status/cluster-monitor.js';
import { mayAnswer } from '../status/cluster-state.js';
import type { ClusterPodsClient } from './cluster-pods.client.js';
import type { NodeClient } from './node.client.js';
import { type NodeView, toNodeView } from './node.mapper.js';
import { filterNodes, type NodeFilterValue, type NodeOrderValue, orderNodes } from './node-query.js';

export interface NodeListQuery extends PageArguments {
  readonly filter?: NodeFilterValue | null;
  readonly orderBy?: NodeOrderValue | null;
}

type NodeKey = Pick<NodeView, 'clusterId' | 'name'>;

/** What a node uses, or why that is not known. */
export interface NodeUsage {
  readonly usage: ResourceAmounts | null;
  readonly unavailable: UsageUnavailableValue | null;
  readonly history: readonly UsageSampleValue[];
}

/** The nodes of a cluster that the caller was given, so may see. All from memory: no call for each node. */
export class NodeService {
  constructor(
    private readonly nodes: Pick<NodeClient, 'list'>,
    private readonly pods: Pick<ClusterPodsClient, 'listByNode'>,
    private readonly metrics: Pick<ClusterMetrics, 'readNodes'>,
    private readonly monitor: Pick<ClusterMonitor, 'stateOf'>,
  ) {}

  async list(clusterId: string, { filter, orderBy, ...page }: NodeListQuery): Promise<Page<NodeView>> {
    const nodes = filterNodes(await this.#views(clusterId), filter ?? {});
    return pageOfList(orderNodes(nodes, orderBy), page, ({ name }) => name);
  }

  async find(clusterId: string, name: string): Promise<NodeView | undefined> {
    return (await this.#views(clusterId)).find((node) => node.name === name);
  }

  async requested(node: NodeKey): Promise<ResourceAmounts> {
    return requestedResources(await this.#pods(node));
  }

  async podCounts(node: NodeKey): Promise<PodCountsValue> {
    return podCounts(await this.#pods(node));
  }

  async usage({ clusterId, name }: NodeKey): Promise<NodeUsage> {
    const readings = await this.metrics.readNodes(clusterId, { wait: this.#mayAnswer(clusterId) });
    const usage = readings.find(name);
    if (usage) return { usage: measuredResources(usage), unavailable: null, history: usage.history };
    return {
      usage: null,
      unavailable: readings.unavailable ?? usageUnavailable('NOT_MEASURED'),
      history: [],
    };
  }

  async #views(clusterId: string): Promise<NodeView[]> {
    const nodes = await this.nodes.list(clusterId, { wait: this.#mayAnswer(clusterId) });
    return nodes.map((node) => toNodeView(node, clusterId));
  }

  #pods({ clusterId, name }: NodeKey): Promise<Pod[]> {
    return this.pods.listByNode(clusterId, name, { wait: this.#mayAnswer(clusterId) });
  }

  #mayAnswer(clusterId: string): boolean {
    return mayAnswer(this.monitor.stateOf(clusterId));
  }
}
