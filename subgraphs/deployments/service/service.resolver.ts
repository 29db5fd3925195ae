import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { NotFoundError } from '../../shared/errors.js';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import { type Page, PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import { FieldChange, ObservationError } from '../../shared/shared-types.js';
import { UsageUnavailable } from '../../shared/usage.type.js';
import { Application } from '../application/application.type.js';
import { Binding } from '../binding/binding.type.js';
import { Deployment, DeploymentConnection } from '../deployment/deployment.type.js';
import {
  EventConnection,
  type EventSeverity,
  EventSeverityEnum,
  type ServiceEvent,
} from '../event/event.type.js';
import type { FieldLoaders } from '../loaders.js';
import type { PodGeneration } from '../pod/pod.mapper.js';
import { type Pod, PodConnection, PodGenerationEnum } from '../pod/pod.type.js';
import { Observation } from '../references/cluster.reference.js';
import { Environment } from '../references/project.reference.js';
import { Route } from '../route/route.type.js';
import { Usage } from '../usage/usage.type.js';
import type { ServiceRow, ServiceService } from './service.service.js';
import {
  CreateServiceInput,
  CreateServicePayload,
  DeleteServiceInput,
  DeleteServicePayload,
  ReplicaCounts,
  Service,
  ServiceConnection,
  ServiceFilter,
  ServiceOrder,
  ServiceStatusEnum,
} from './service.type.js';
import type { ServiceListService } from './service-list.service.js';
import type { Observed, ServiceRuntimeService } from './service-runtime.service.js';
import type { ServiceStatus } from './service-status.js';

@Resolver(() => Service)
export class ServiceResolver implements ReferenceResolver {
  constructor(
    private readonly serviceService: ServiceService,
    private readonly lists: ServiceListService,
    private readonly runtime: ServiceRuntimeService,
    private readonly loaders: FieldLoaders,
  ) {}

  @Query(() => Service, { nullable: true, description: 'One service; null when absent or not permitted.' })
  @Permission('services.read')
  async service(
    @Arg('id', () => ID, { description: 'Global ID.' }) id: string,
    @Ctx() { caller }: RequestContext,
  ): Promise<Service | null> {
    return (await this.serviceService.find(caller, id)) ?? null;
  }

  @Query(() => ServiceConnection, { description: 'The services that the caller may see.' })
  @Permission('services.read')
  services(
    @Args(() => PageArguments) page: PageArguments,
    @Arg('filter', () => ServiceFilter, { nullable: true, description: 'Which. Default: all.' })
    filter: ServiceFilter | null,
    @Arg('orderBy', () => ServiceOrder, { nullable: true, description: 'Default: by name.' })
    orderBy: ServiceOrder | null,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<Service>> {
    return this.lists.list(caller, filter ?? {}, orderBy ?? { field: 'NAME', direction: 'ASC' }, page);
  }

  @Mutation(() => CreateServicePayload, { description: 'Makes a service; nothing runs yet.' })
  @Permission('services.create')
  async createService(
    @Arg('input', { description: 'What to make.' }) input: CreateServiceInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CreateServicePayload> {
    return { service: await this.serviceService.create(caller, input) };
  }

  @Mutation(() => DeleteServicePayload, {
    description: 'Deletes a service with what runs and what it has stored. Its deployments stay.',
  })
  @Permission('services.delete')
  async deleteService(
    @Arg('input', { description: 'What to delete.' }) input: DeleteServiceInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeleteServicePayload> {
    return { deletedServiceId: (await this.serviceService.delete(caller, input)).id };
  }

  @FieldResolver(() => Application, { description: 'The application that it is part of.' })
  async application(@Root() service: ServiceRow, @Ctx() context: RequestContext): Promise<Application> {
    const application = await this.loaders.application(context, service.applicationId);
    if (!application) throw new NotFoundError('Application', service.applicationId);
    return application;
  }

  @FieldResolver(() => Environment, { description: 'Where it runs.' })
  environment(@Root() service: ServiceRow): Environment {
    return { id: service.environmentId };
  }

  @FieldResolver(() => ServiceStatusEnum, { description: 'How it is.' })
  async status(@Root() service: ServiceRow, @Ctx() context: RequestContext): Promise<ServiceStatus> {
    return (await this.runtime.status(context, service)).status;
  }

  @FieldResolver(() => String, { nullable: true, description: 'Why it is so, for a person.' })
  async statusReason(@Root() service: ServiceRow, @Ctx() context: RequestContext): Promise<string | null> {
    return (await this.runtime.status(context, service)).reason;
  }

  @FieldResolver(() => Observation, { description: 'How fresh status, replicas and pods are.' })
  observed(@Root() service: ServiceRow, @Ctx() context: RequestContext): Promise<Observed> {
    return this.runtime.observed(context, service);
  }

  @FieldResolver(() => ReplicaCounts, { description: 'Its pods, counted.' })
  replicas(@Root() service: ServiceRow, @Ctx() context: RequestContext): Promise<ReplicaCounts> {
    return this.runtime.replicas(context, service);
  }

  @FieldResolver(() => PodConnection, { description: 'Its pods, by name.' })
  pods(
    @Root() service: ServiceRow,
    @Args(() => PageArguments) page: PageArguments,
    @Arg('generation', () => PodGenerationEnum, { nullable: true, description: 'Only these. Default: all.' })
    generation: PodGeneration | null,
    @Ctx() context: RequestContext,
  ): Promise<Page<Pod>> {
    return this.runtime.pods(context, service, page, generation);
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'The last deployment that was accepted; null when there was none.',
  })
  @Permission('deployments.read')
  async currentDeployment(
    @Root() service: ServiceRow,
    @Ctx() context: RequestContext,
  ): Promise<Deployment | null> {
    const id = service.currentDeploymentId;
    return id === null ? null : ((await this.loaders.deployment(context, id)) ?? null);
  }

  @FieldResolver(() => DeploymentConnection, { description: 'Its deployments, newest first.' })
  @Permission('deployments.read')
  deployments(
    @Root() service: ServiceRow,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<Page<Deployment>> {
    return this.loaders.deploymentsOf(context, service, page);
  }

  @FieldResolver(() => [Route], { description: 'How each of its ports can be reached.' })
  routes(@Root() service: ServiceRow, @Ctx() context: RequestContext): Promise<Route[]> {
    return this.runtime.routes(context, service);
  }

  @FieldResolver(() => EventConnection, {
    description: 'What the cluster says happened, newest first. Not for lists.',
  })
  events(
    @Root() service: ServiceRow,
    @Args(() => PageArguments) page: PageArguments,
    @Arg('severities', () => [EventSeverityEnum], {
      nullable: true,
      description: 'Only these. Default: all.',
    })
    severities: EventSeverity[] | null,
  ): Promise<Page<ServiceEvent>> {
    return this.runtime.events(service, page, severities);
  }

  @FieldResolver(() => [FieldChange], {
    description:
      'What others changed in the cluster of what Meridian applied last: "before" is what was applied, "after" what is there; after is null for what is gone. Stays so until the next deployment, which sets it back and says so in its log. What an autoscaler does is not drift. While the cluster does not answer, only what was last seen of the main Deployment is compared, and driftUnavailable has the reason. A call for each Kubernetes object: not for lists.',
  })
  async drift(@Root() service: ServiceRow): Promise<FieldChange[]> {
    return (await this.runtime.drift(service)).changes;
  }

  @FieldResolver(() => ObservationError, {
    nullable: true,
    description:
      'Why drift is incomplete: the cluster does not answer. Null when it is complete. Costs what drift costs, once for both.',
  })
  async driftUnavailable(@Root() service: ServiceRow): Promise<ObservationError | null> {
    return (await this.runtime.drift(service)).unavailable;
  }

  @FieldResolver(() => Usage, {
    nullable: true,
    description: 'CPU and memory of its pods together; null when not measured: usageUnavailable says why.',
  })
  async usage(@Root() service: ServiceRow): Promise<Usage | null> {
    return (await this.runtime.usage(service)).usage;
  }

  @FieldResolver(() => UsageUnavailable, {
    nullable: true,
    description: 'Why usage is null; null when it is not.',
  })
  async usageUnavailable(@Root() service: ServiceRow): Promise<UsageUnavailable | null> {
    return (await this.runtime.usage(service)).unavailable;
  }

  @FieldResolver(() => [Binding], { description: 'Instances bound to it.' })
  bindings(@Root() service: ServiceRow, @Ctx() context: RequestContext): Promise<Binding[]> {
    return this.loaders.bindingsOfService(context, service.id);
  }

  @FieldResolver(() => String, {
    description: 'The Kubernetes objects as YAML, values of Secrets hidden. Expensive; not for lists.',
  })
  manifest(@Root() service: ServiceRow): Promise<string> {
    return this.runtime.manifest(service);
  }

  @FieldResolver(() => Int, { description: 'How many deployments it has had.' })
  deploymentCount(@Root() service: ServiceRow): number {
    return service.lastNumber;
  }

  async resolveReference({ id }: { id: string }, context: RequestContext): Promise<Service | null> {
    return (await this.loaders.service(context, id)) ?? null;
  }
}
