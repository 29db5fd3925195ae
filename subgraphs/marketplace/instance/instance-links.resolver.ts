import { Args, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { type Page, PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import { Environment } from '../references/environment.js';
import { Project } from '../references/project.js';
import { ProjectStatistics } from '../references/project-statistics.js';
import type { InstanceService } from './instance.service.js';
import { type Instance, InstanceConnection } from './instance.type.js';
import { loadCount, loadPage } from './instance-loaders.js';

const list = { description: 'Its marketplace instances that the caller may see, the oldest first.' };

/** What the marketplace adds to types of other subgraphs. */
@Resolver(() => Project)
export class ProjectInstancesResolver {
  constructor(private readonly all: InstanceService) {}

  @FieldResolver(() => InstanceConnection, list)
  @Permission('instances.read')
  instances(
    @Root() { id }: Project,
    @Args() page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<Page<Instance>> {
    return loadPage(this.all, context, 'projectId', id, page);
  }
}

@Resolver(() => Environment)
export class EnvironmentInstancesResolver {
  constructor(private readonly all: InstanceService) {}

  @FieldResolver(() => InstanceConnection, list)
  @Permission('instances.read')
  instances(
    @Root() { id }: Environment,
    @Args() page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<Page<Instance>> {
    return loadPage(this.all, context, 'environmentId', id, page);
  }
}

@Resolver(() => ProjectStatistics)
export class ProjectStatisticsInstancesResolver {
  constructor(private readonly all: InstanceService) {}

  @FieldResolver(() => Int, { description: 'Marketplace instances.' })
  @Permission('instances.read')
  instances(@Root() { id }: ProjectStatistics, @Ctx() context: RequestContext): Promise<number> {
    return loadCount(this.all, context, id);
  }
}
