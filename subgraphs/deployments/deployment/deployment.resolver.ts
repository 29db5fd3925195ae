import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { NotFoundError } from '../../shared/errors.js';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import { type Page, PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { FieldLoaders } from '../loaders.js';
import { AccessToken, User } from '../references/user.reference.js';
import type { RolloutValue } from '../rollout/rollout.service.js';
import { Rollout } from '../rollout/rollout.type.js';
import { Service } from '../service/service.type.js';
import {
  DeployInput,
  DeploymentFilter,
  PromoteInput,
  RollbackInput,
  ScaleInput,
} from './deployment.input.js';
import type { DeploymentRow, DeploymentService } from './deployment.service.js';
import {
  Deployment,
  DeploymentConnection,
  DeploymentLogConnection,
  type DeploymentLogEntry,
  DeploymentPlan,
} from './deployment.type.js';
import type { DeploymentLogService } from './deployment-log.service.js';
import type { DeploymentPlanService } from './deployment-plan.service.js';

@Resolver(() => Deployment)
export class DeploymentResolver implements ReferenceResolver {
  constructor(
    private readonly deploymentService: DeploymentService,
    private readonly plans: DeploymentPlanService,
    private readonly logs: DeploymentLogService,
    private readonly loaders: FieldLoaders,
  ) {}

  @Query(() => Deployment, {
    nullable: true,
    description: 'One deployment; null when absent or not permitted.',
  })
  @Permission('deployments.read')
  async deployment(
    @Arg('id', () => ID, { description: 'Global ID.' }) id: string,
    @Ctx() { caller }: RequestContext,
  ): Promise<Deployment | null> {
    return (await this.deploymentService.find(caller, id)) ?? null;
  }

  @Query(() => DeploymentConnection, {
    description: 'The deployments that the caller may see, newest first.',
  })
  @Permission('deployments.read')
  deployments(
    @Args(() => PageArguments) page: PageArguments,
    @Arg('filter', () => DeploymentFilter, { nullable: true, description: 'Which. Default: all.' })
    filter: DeploymentFilter | null,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<Deployment>> {
    return this.deploymentService.list(caller, filter ?? {}, page);
  }

  @Query(() => DeploymentPlan, {
    description:
      "What a deploy would do, with nothing changed: diff, the API server's own validation, quota fit including surge, limits, routes, Secrets, volumes. Its problems are those that deploy would answer.",
  })
  @Permission('deployments.deploy')
  planDeployment(
    @Arg('input', { description: 'The deploy to plan.' }) input: DeployInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeploymentPlan> {
    return this.plans.deploy(caller, input);
  }

  @Query(() => DeploymentPlan, { description: 'What a scale would do, with nothing changed.' })
  @Permission('deployments.scale')
  planScale(
    @Arg('input', { description: 'The scale to plan.' }) input: ScaleInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeploymentPlan> {
    return this.plans.scale(caller, input);
  }

  @Query(() => DeploymentPlan, { description: 'What a rollback would do, with nothing changed.' })
  @Permission('deployments.rollback')
  planRollback(
    @Arg('input', { description: 'The rollback to plan.' }) input: RollbackInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeploymentPlan> {
    return this.plans.rollback(caller, input);
  }

  @Query(() => DeploymentPlan, { description: 'What a promote would do, with nothing changed.' })
  @Permission('deployments.promote')
  planPromotion(
    @Arg('input', { description: 'The promote to plan.' }) input: PromoteInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeploymentPlan> {
    return this.plans.promote(caller, input);
  }

  @FieldResolver(() => Service, { description: 'The service that it is of.' })
  @Permission('services.read')
  async service(@Root() deployment: DeploymentRow, @Ctx() context: RequestContext): Promise<Service> {
    const service = await this.loaders.service(context, deployment.serviceId);
    if (!service) throw new NotFoundError('Service', deployment.serviceId);
    return service;
  }

  @FieldResolver(() => User, { nullable: true, description: 'Who made it.' })
  actor(@Root() { userId }: DeploymentRow): User | null {
    return userId === null ? null : { id: userId };
  }

  @FieldResolver(() => AccessToken, {
    nullable: true,
    description: 'The access token it was made with; null for a session.',
  })
  accessToken(@Root() { accessTokenId }: DeploymentRow): AccessToken | null {
    return accessTokenId === null ? null : { id: accessTokenId };
  }

  @FieldResolver(() => String, { description: 'The image of its specification.' })
  image(@Root() { spec }: DeploymentRow): string {
    return spec.image;
  }

  @FieldResolver(() => Rollout, { description: 'How it gets on, or ended.' })
  rollout(@Root() deployment: DeploymentRow, @Ctx() context: RequestContext): Promise<RolloutValue> {
    return this.loaders.rollout(context, deployment);
  }

  @FieldResolver(() => DeploymentLogConnection, { description: 'What happened, in order.' })
  log(
    @Root() deployment: DeploymentRow,
    @Args(() => PageArguments) page: PageArguments,
  ): Promise<Page<DeploymentLogEntry>> {
    return this.logs.list(deployment, page);
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'The deployment that this one rolls back to or was promoted from.',
  })
  async source(
    @Root() { sourceId }: DeploymentRow,
    @Ctx() context: RequestContext,
  ): Promise<Deployment | null> {
    return sourceId === null ? null : ((await this.loaders.deployment(context, sourceId)) ?? null);
  }

  async resolveReference({ id }: { id: string }, context: RequestContext): Promise<Deployment | null> {
    return (await this.loaders.deployment(context, id)) ?? null;
  }
}
