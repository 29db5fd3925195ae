import DataLoader from 'dataloader';
import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { Page } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import { Cluster } from '../cluster/cluster.type.js';
import type { ClustersContext } from '../clusters-context.js';
import type { NodeService } from '../node/node.service.js';
import { ClusterNode } from '../node/node.type.js';
import { User } from '../references/user.reference.js';
import {
  CancelNodeDrainInput,
  CancelNodeDrainPayload,
  DrainNodeInput,
  DrainNodePayload,
} from './drain-input.type.js';
import type { DrainReadingService, NodeDrainNews } from './drain-reading.service.js';
import { isGone } from './drain-state.js';

import type { NodeDrainService } from './node-drain.service.js';
import {
  DrainCounts,
  DrainedPod,
  NodeDrain,
  NodeDrainConnection,
  NodeDrainEvent,
  NodeDrainListArguments,
} from './node-drain.type.js';

const clusterLoader = Symbol('clusters of drains');
const newestLoader = Symbol('newest drains of nodes');

@Resolver(() => NodeDrain)
export class NodeDrainResolver {
  constructor(
    private readonly drains: NodeDrainService,
    private readonly reading: DrainReadingService,
    private readonly clusters: Pick<ClusterService, 'mapByIds'>,
    private readonly nodes: Pick<NodeService, 'find'>,
  ) {}

  @Query(() => NodeDrain, { nullable: true, description: 'The drain with this id; null when absent.' })
  @Permission('clusters.read')
  nodeDrain(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { caller }: RequestContext,
  ): Promise<NodeDrain | undefined> {
    return this.reading.find(caller, id);
  }

  @Mutation(() => DrainNodePayload, {
    description:
      'Empties a node, as kubectl drain does: cordons it, then evicts its pods as their PodDisruptionBudgets allow, until all are gone. Pods of DaemonSets and mirror pods stay. Goes on in the background: follow it with the subscription nodeDrain.',
  })
  @Permission('clusters.nodes.drain')
  drainNode(
    @Arg('input', () => DrainNodeInput, { description: 'The node.' }) input: DrainNodeInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DrainNodePayload> {
    return this.drains.start(caller, input);
  }

  @Mutation(() => CancelNodeDrainPayload, {
    description: 'Evicts no more pods of a drain. Those evicted stay so, and the node stays cordoned.',
  })
  @Permission('clusters.nodes.drain')
  async cancelNodeDrain(
    @Arg('input', () => CancelNodeDrainInput, { description: 'The drain.' }) input: CancelNodeDrainInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CancelNodeDrainPayload> {
    return { drain: await this.drains.cancel(caller, input) };
  }

  @FieldResolver(() => Cluster, { nullable: true, description: 'The cluster; null when it may not be seen.' })
  cluster(
    @Root() { clusterId }: NodeDrain,
    @Ctx() { caller, loaders }: RequestContext,
  ): Promise<Cluster | undefined> {
    const loader = loaders.get(
      clusterLoader,
      () =>
        new DataLoader<string, Cluster | undefined>(async (ids) => {
          const found = await this.clusters.mapByIds(caller, ids);
          return ids.map((id) => found.get(id));
        }),
    );
    return loader.load(clusterId);
  }

  @FieldResolver(() => ClusterNode, {
    nullable: true,
    description: 'The node as it is now; null when the cluster has it no more, or was not read yet.',
  })
  node(@Root() { clusterId, nodeName }: NodeDrain): Promise<ClusterNode | undefined> {
    return this.nodes.find(clusterId, nodeName);
  }

  @FieldResolver(() => User, { description: 'Who started it.' })
  startedBy(@Root() { userId }: NodeDrain): User {
    return { id: userId };
  }

  @FieldResolver(() => DrainCounts, { description: 'How far it is.' })
  podCounts(@Root() { pods }: NodeDrain): DrainCounts {
    return {
      total: pods.length,
      done: pods.filter(isGone as (pod: DrainedPod) => boolean).length,
      blocked: pods.filter(({ state }) => state === 'BLOCKED').length,
    };
  }

  @FieldResolver(() => [DrainedPod], {
    description: 'Those that are not gone, with the reason. At most one node has.',
  })
  remaining(@Root() { pods }: NodeDrain): DrainedPod[] {
    return pods.filter(({ state }) => state !== 'GONE');
  }

  @Subscription(() => NodeDrainEvent, {
    name: 'nodeDrain',
    description:
      'One drain until it ends: first how it stands, then every change. Completes after DrainCompleted.',
    subscribe: ({ args, context }) => {
      const { id, after } = args as { id: string; after?: string | null };
      const { drains, caller } = context as ClustersContext;
      // type-graphql's types want the iterable at once; graphql-js awaits it.
      return drains.watch(caller, id, after ?? null) as never;
    },
  })
  @Permission('clusters.read')
  followNodeDrain(
    @Root() news: NodeDrainNews,
    @Arg('id', () => ID, { description: 'The drain.' }) _id: string,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Cursor of the last event received: how it stood then is not sent again.',
    })
    _after: string | null,
  ): NodeDrainNews {
    return news;
  }
}

/** The drains of a cluster. */
@Resolver(() => Cluster)
export class ClusterDrainsResolver {
  constructor(private readonly reading: DrainReadingService) {}

  @FieldResolver(() => NodeDrainConnection, {
    description:
      'Drains of its nodes, the newest first. Empty for those who see the cluster only through an environment on it.',
  })
  drains(
    @Root() { id }: Cluster,
    @Args(() => NodeDrainListArguments) { filter, ...page }: NodeDrainListArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<NodeDrain>> {
    return this.reading.list(caller, id, filter ?? {}, page);
  }
}

/** The drain of a node. */
@Resolver(() => ClusterNode)
export class NodeDrainsResolver {
  constructor(private readonly reading: DrainReadingService) {}

  @FieldResolver(() => NodeDrain, {
    nullable: true,
    description:
      'Its newest drain, under way or ended; null when there was none, and for those who see the cluster only through an environment on it.',
  })
  drain(
    @Root() { clusterId, name }: ClusterNode,
    @Ctx() { caller, loaders }: RequestContext,
  ): Promise<NodeDrain | undefined> {
    const byCluster = loaders.get(
      newestLoader,
      () => new Map<string, DataLoader<string, NodeDrain | undefined>>(),
    );
    let loader = byCluster.get(clusterId);
    if (!loader) {
      loader = new DataLoader((names) => this.reading.listNewest(caller, clusterId, names));
      byCluster.set(clusterId, loader);
    }
    return loader.load(name);
  }
}
