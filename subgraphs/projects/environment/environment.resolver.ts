import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { LandscapeService } from '../landscape/landscape.service.js';
import { Landscape } from '../landscape/landscape.type.js';
import { loadByIds } from '../load-by-ids.js';
import type { ProjectService } from '../project/project.service.js';
import { Project } from '../project/project.type.js';
import { Cluster, Observation } from '../references/cluster.reference.js';
import type { EnvironmentService } from './environment.service.js';
import { Environment, EnvironmentStatusEnum, Quota } from './environment.type.js';
import type { EnvironmentRecord } from './environment-record.js';

const environments = Symbol('environments');
const projectsOfEnvironments = Symbol('projects of environments');
const landscapesOfEnvironments = Symbol('landscapes of environments');

@Resolver(() => Environment)
export class EnvironmentResolver implements ReferenceResolver {
  constructor(
    private readonly environments: EnvironmentService,
    private readonly projects: ProjectService,
    private readonly landscapes: LandscapeService,
  ) {}

  @Query(() => Environment, {
    nullable: true,
    description: 'The environment with this id; null when there is none that the caller may see.',
  })
  @Permission('environments.read')
  async environment(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { caller }: RequestContext,
  ): Promise<Environment | undefined> {
    return this.environments.find(caller, id);
  }

  @FieldResolver(() => Project, { description: 'The project.' })
  project(
    @Root() { projectId }: EnvironmentRecord,
    @Ctx() context: RequestContext,
  ): Promise<Project | undefined> {
    return loadByIds(
      context,
      projectsOfEnvironments,
      (ids) => this.projects.mapOfEnvironments(ids),
      projectId,
    );
  }

  @FieldResolver(() => Landscape, { description: 'The landscape.' })
  landscape(
    @Root() { landscapeId }: EnvironmentRecord,
    @Ctx() context: RequestContext,
  ): Promise<Landscape | undefined> {
    const { caller } = context;
    const mapByIds = (ids: readonly string[]) => this.landscapes.mapByIds(caller, ids);
    return loadByIds(context, landscapesOfEnvironments, mapByIds, landscapeId);
  }

  @FieldResolver(() => Cluster, { description: 'The cluster.' })
  cluster(@Root() { clusterId }: EnvironmentRecord): Cluster {
    return { id: clusterId };
  }

  @FieldResolver(() => EnvironmentStatusEnum, {
    description: 'What is wanted and what is there, as one word.',
  })
  status(@Root() environment: EnvironmentRecord): Promise<string> {
    return this.environments.status(environment);
  }

  @FieldResolver(() => Observation, { description: 'How fresh status and used quota are.' })
  observed(@Root() environment: EnvironmentRecord): Promise<Observation> {
    return this.environments.observation(environment);
  }

  @FieldResolver(() => Quota, { description: 'What it may use, and uses.' })
  quota(@Root() environment: EnvironmentRecord): Promise<Quota> {
    return this.environments.quota(environment);
  }

  resolveReference({ id }: { id: string }, context: RequestContext): Promise<Environment | undefined> {
    return loadByIds(context, environments, (ids) => this.environments.mapByIds(context.caller, ids), id);
  }
}
