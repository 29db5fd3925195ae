import { Args, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import { type Page, PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import { type Application, ApplicationConnection } from '../application/application.type.js';
import type { FieldLoaders } from '../loaders.js';
import { type Service, ServiceConnection } from '../service/service.type.js';
import type { StatisticsService } from '../statistics.service.js';
import { Environment, Project, ProjectStatistics } from './project.reference.js';

/** Whether these may be seen, their own subgraph says; what is added here is permitted for itself. */
abstract class Stub implements ReferenceResolver {
  resolveReference({ id }: { id: string }): { id: string } {
    return { id };
  }
}

@Resolver(() => Project)
export class ProjectResolver extends Stub {
  constructor(private readonly loaders: FieldLoaders) {
    super();
  }

  @FieldResolver(() => ApplicationConnection, {
    description: 'Its applications that the caller may see, by name.',
  })
  @Permission('applications.read')
  applications(
    @Root() { id }: Project,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<Page<Application>> {
    return this.loaders.applicationsOf(context, id, page);
  }
}

@Resolver(() => Environment)
export class EnvironmentResolver extends Stub {
  constructor(private readonly loaders: FieldLoaders) {
    super();
  }

  @FieldResolver(() => ServiceConnection, {
    description: 'What runs in it, of what the caller may see, by name.',
  })
  @Permission('services.read')
  services(
    @Root() { id }: Environment,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<Page<Service>> {
    return this.loaders.servicesOf(context, 'environmentId', id, page);
  }
}

@Resolver(() => ProjectStatistics)
export class ProjectStatisticsResolver extends Stub {
  constructor(private readonly statistics: StatisticsService) {
    super();
  }

  @FieldResolver(() => Int, { description: 'Applications that the caller may see.' })
  @Permission('applications.read')
  applications(@Root() { id }: ProjectStatistics, @Ctx() context: RequestContext): Promise<number> {
    return this.statistics.applications(context, id);
  }

  @FieldResolver(() => Int, { description: 'Services that the caller may see.' })
  @Permission('services.read')
  services(@Root() { id }: ProjectStatistics, @Ctx() context: RequestContext): Promise<number> {
    return this.statistics.services(context, id);
  }

  @FieldResolver(() => Int, { description: 'Deployments so far, of those that the caller may see.' })
  @Permission('deployments.read')
  deployments(@Root() { id }: ProjectStatistics, @Ctx() context: RequestContext): Promise<number> {
    return this.statistics.deployments(context, id);
  }

  @FieldResolver(() => Int, { description: 'Pods of those services, as last seen.' })
  @Permission('services.read')
  pods(@Root() { id }: ProjectStatistics, @Ctx() context: RequestContext): Promise<number> {
    return this.statistics.pods(context, id);
  }
}
