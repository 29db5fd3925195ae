import DataLoader from 'dataloader';
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { StorageClassService } from '../storage-class/storage-class.service.js';
import { StorageClass } from '../storage-class/storage-class.type.js';
import type { ClusterService } from './cluster.service.js';
import { Cluster, ClusterConnection } from './cluster.type.js';
import type { ClusterListService, ClusterPage } from './cluster-list.service.js';
import { ClusterListArguments } from './cluster-list.type.js';

const clusterLoader = Symbol('clusters');

@Resolver(() => Cluster)
export class ClusterResolver implements ReferenceResolver {
  constructor(
    private readonly clusters: ClusterService,
    private readonly lists: ClusterListService,
    private readonly storageClassService: StorageClassService,
  ) {}

  @Query(() => Cluster, {
    nullable: true,
    description: 'The cluster with this id or name; null when there is none that the caller may see.',
  })
  @Permission('clusters.read')
  async cluster(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | null,
    @Arg('name', () => String, { nullable: true, description: 'Its name, instead of the id.' }) name:
      | string
      | null,
    @Ctx() { caller }: RequestContext,
  ): Promise<Cluster | undefined> {
    return this.clusters.find(caller, { id, name });
  }

  @Query(() => ClusterConnection, {
    name: 'clusters',
    description: 'Clusters that the caller may read, and those with an environment that the caller may see.',
  })
  @Permission('clusters.read')
  clusterList(
    @Args(() => ClusterListArguments) query: ClusterListArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<ClusterPage> {
    return this.lists.list(caller, query);
  }

  @FieldResolver(() => [StorageClass], { description: 'The kinds of storage that it offers, by name.' })
  storageClasses(@Root() { id }: Cluster): Promise<StorageClass[]> {
    return this.storageClassService.list(id);
  }

  resolveReference(
    { id }: { id: string },
    { caller, loaders }: RequestContext,
  ): Promise<Cluster | undefined> {
    const loader = loaders.get(
      clusterLoader,
      () =>
        new DataLoader<string, Cluster | undefined>(async (ids) => {
          const found = await this.clusters.mapByIds(caller, ids);
          return ids.map((key) => found.get(key));
        }),
    );
    return loader.load(id);
  }
}
