import { Arg, Args, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Page } from '../../shared/pagination.js';
import { UsageSample, UsageUnavailable } from '../../shared/usage.type.js';
import { PodCounts } from '../capacity/counts.type.js';
import { Resources } from '../capacity/resources.type.js';
import { Cluster } from '../cluster/cluster.type.js';
import type { NodeService } from './node.service.js';
import { ClusterNode, ClusterNodeConnection } from './node.type.js';
import { ClusterNodeListArguments } from './node-list.type.js';

/** The nodes of a cluster. */
@Resolver(() => Cluster)
export class ClusterNodesResolver {
  constructor(private readonly nodeService: NodeService) {}

  @FieldResolver(() => ClusterNodeConnection, { description: 'Its machines.' })
  nodes(
    @Root() { id }: Cluster,
    @Args(() => ClusterNodeListArguments) query: ClusterNodeListArguments,
  ): Promise<Page<ClusterNode>> {
    return this.nodeService.list(id, query);
  }

  @FieldResolver(() => ClusterNode, { nullable: true, description: 'One of its machines; null when absent.' })
  node(
    @Root() { id }: Cluster,
    @Arg('name', () => String, { description: 'Its name.' }) name: string,
  ): Promise<ClusterNode | undefined> {
    return this.nodeService.find(id, name);
  }
}

/** What of a node is not in its own object. */
@Resolver(() => ClusterNode)
export class NodeResolver {
  constructor(private readonly nodes: NodeService) {}

  @FieldResolver(() => Resources, {
    description:
      'What its pods that are not finished have asked for, as the scheduler counts it: containers and sidecars together, or the largest init container, with overhead. 0 as long as it was never read.',
  })
  requested(@Root() node: ClusterNode): Promise<Resources> {
    return this.nodes.requested(node);
  }

  @FieldResolver(() => PodCounts, { description: 'How many pods are on it.' })
  podCounts(@Root() node: ClusterNode): Promise<PodCounts> {
    return this.nodes.podCounts(node);
  }

  @FieldResolver(() => Resources, {
    nullable: true,
    description:
      'What its pods and system use now; null when it is not known: usageUnavailable says why. Pods and storage are not measured.',
  })
  async usage(@Root() node: ClusterNode): Promise<Resources | null> {
    return (await this.nodes.usage(node)).usage;
  }

  @FieldResolver(() => UsageUnavailable, {
    nullable: true,
    description: 'Why usage is null; null when it is not.',
  })
  async usageUnavailable(@Root() node: ClusterNode): Promise<UsageUnavailable | null> {
    return (await this.nodes.usage(node)).unavailable;
  }

  @FieldResolver(() => [UsageSample], {
    description:
      'What it used, every 15 s of up to an hour, oldest first, the latest included. Recorded while somebody asks for it and for 5 minutes after; empty when usage is null.',
  })
  async usageHistory(@Root() node: ClusterNode): Promise<UsageSample[]> {
    return [...(await this.nodes.usage(node)).history];
  }
}
