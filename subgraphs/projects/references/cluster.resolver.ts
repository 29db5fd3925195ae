import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { ReferenceResolver } from '../../shared/federated-schema.js';
import { Permission } from '../../shared/federated-schema.js';
import { type Page, PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { EnvironmentService } from '../environment/environment.service.js';
import { Environment, EnvironmentConnection } from '../environment/environment.type.js';
import { Cluster } from './cluster.reference.js';

@Resolver(() => Cluster)
export class ClusterResolver implements ReferenceResolver {
  constructor(private readonly environmentService: EnvironmentService) {}

  @FieldResolver(() => EnvironmentConnection, {
    description: 'The environments on it that the caller may see, by namespace.',
  })
  @Permission('environments.read')
  environments(
    @Root() { id }: Cluster,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<Environment>> {
    return this.environmentService.listByCluster(caller, id, page);
  }

  /** Whether it may be seen, its own subgraph says; what is added here is permitted for itself. */
  resolveReference({ id }: { id: string }): Cluster {
    return { id };
  }
}
