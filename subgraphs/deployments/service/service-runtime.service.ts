import type { Clock } from '../../shared/clock.js';
import { type Page, type PageArguments, pageOfList } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { Environments } from '../environments.js';
import type { EventClient, EventValue } from '../event/event.client.js';
import type { FieldLoaders } from '../loaders.js';
import type { PodGeneration, PodValue } from '../pod/pod.mapper.js';
import { podsOf } from '../pod/pod.service.js';
import { conditionOf } from '../rollout/blockers.js';
import { type RouteValue, routesOf } from '../route/route.js';
import type { UsageClient, UsageValue } from '../usage/usage.client.js';
import type { ManifestClient } from '../workload/manifest.client.js';
import type { Observed } from '../workload/workload.client.js';
import type { ServiceEntity } from './service.entity.js';
import {
  type ReplicaCountsValue,
  replicaCountsOf,
  type ServiceStatusValue,
  serviceStatusOf,
} from './service-status.js';

export type { Observed };

/** What runs of a service that the caller was allowed to load. */
export class ServiceRuntimeService {
  constructor(
    private readonly loaders: FieldLoaders,
    private readonly deployments: Pick<DeploymentRepository, 'find'>,
    private readonly environments: Environments,
    private readonly eventClient: EventClient,
    private readonly manifestClient: ManifestClient,
    private readonly usageClient: UsageClient,
    private readonly clock: Clock,
  ) {}

  async status(context: RequestContext, service: ServiceEntity): Promise<ServiceStatusValue> {
    const state = await this.loaders.workload(context, service);
    // Whoever sees the service sees its status, also without the right to see deployments.
    const current = service.currentDeploymentId
      ? ((await this.loaders.deployment(context, service.currentDeploymentId)) ??
        (await this.deployments.find(service.currentDeploymentId)))
      : undefined;
    return serviceStatusOf(current, state, this.clock.now());
  }

  async observed(context: RequestContext, service: ServiceEntity): Promise<Observed> {
    const { observed, known } = await this.loaders.workload(context, service);
    return { ...observed, stale: observed.stale || !known };
  }

  async replicas(context: RequestContext, service: ServiceEntity): Promise<ReplicaCountsValue> {
    return replicaCountsOf(await this.loaders.workload(context, service));
  }

  async pods(
    context: RequestContext,
    service: ServiceEntity,
    page: PageArguments,
    generation: PodGeneration | null,
  ): Promise<Page<PodValue>> {
    const pods = podsOf(await this.loaders.workload(context, service));
    const wanted = generation == null ? pods : pods.filter((pod) => pod.generation === generation);
    return pageOfList(wanted, page, ({ name }) => name);
  }

  async routes(context: RequestContext, service: ServiceEntity): Promise<RouteValue[]> {
    const { pods } = await this.loaders.workload(context, service);
    const ready = pods.some((pod) => conditionOf(pod, 'Ready')?.status === 'True');
    return routesOf(service, service.spec, await this.environments.ingressDomain(service.clusterId), ready);
  }

  async events(service: ServiceEntity, page: PageArguments): Promise<Page<EventValue>> {
    const { name } = service;
    // ReplicaSets are `<service>-<hash>` and pods `<service>-<hash>-<random>`.
    const own = new RegExp(`^${name}(-[a-z0-9]{1,10}(-[a-z0-9]{5})?)?$`);
    const events = await this.eventClient.list(service.clusterId, service.namespace, (object) =>
      own.test(object),
    );
    return pageOfList(events, page, ({ id }) => id);
  }

  usage(service: ServiceEntity): Promise<UsageValue | null> {
    return this.usageClient.findByService(service);
  }

  usageOfPod(pod: PodValue): Promise<UsageValue | null> {
    return this.usageClient.findByPod(pod);
  }

  manifest(service: ServiceEntity): Promise<string> {
    return this.manifestClient.get(service);
  }
}
