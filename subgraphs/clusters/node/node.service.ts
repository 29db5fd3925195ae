import { type Page, type PageArguments, pageOfList } from '../../shared/pagination.js';
import type { MetricsClient } from '../capacity/metrics.client.js';
import type { ClusterMonitor } from '../status/cluster-monitor.js';
import { mayAnswer } from '../status/cluster-state.js';
import type { NodeClient } from './node.client.js';
import { type NodeView, toNodeView } from './node.mapper.js';

/** The nodes of a cluster that the caller was given, so may see. */
export class NodeService {
  constructor(
    private readonly nodes: Pick<NodeClient, 'list'>,
    private readonly metrics: Pick<MetricsClient, 'findNodeUsage'>,
    private readonly monitor: Pick<ClusterMonitor, 'stateOf'>,
  ) {}

  async list(clusterId: string, page: PageArguments): Promise<Page<NodeView>> {
    const wait = mayAnswer(this.monitor.stateOf(clusterId));
    const [nodes, usage] = await Promise.all([
      this.nodes.list(clusterId, { wait }),
      wait ? this.metrics.findNodeUsage(clusterId) : undefined,
    ]);
    const views = nodes.map((node) => toNodeView(node, usage?.get(node.metadata?.name ?? '') ?? null));
    return pageOfList(views, page, (node) => node.name);
  }
}
