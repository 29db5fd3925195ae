import type { Clock } from '../../shared/clock.js';
import { type Page, type PageArguments, pageOfList } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import { driftText } from '../drift/drift.js';
import { type DriftAnswer, type DriftService, workloadDrift } from '../drift/drift.service.js';
import type { Environments } from '../environments.js';
import type { EventClient, EventSeverity, EventValue } from '../event/event.client.js';
import type { FieldLoaders } from '../loaders.js';
import type { PodGeneration, PodValue } from '../pod/pod.mapper.js';
import { podsOf } from '../pod/pod.service.js';
import { conditionOf } from '../rollout/blockers.js';
import type { EndpointClient } from '../route/endpoint.client.js';
import { type RouteValue, routesOf } from '../route/route.js';
import type { UsageAnswer, UsageClient } from '../usage/usage.client.js';
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
  readonly #drifts = new WeakMap<ServiceEntity, Promise<DriftAnswer>>();

  constructor(
    private readonly loaders: FieldLoaders,
    private readonly environments: Environments,
    private readonly eventClient: EventClient,
    private readonly endpointClient: EndpointClient,
    private readonly driftService: Pick<DriftService, 'answer'>,
    private readonly manifestClient: ManifestClient,
    private readonly usageClient: UsageClient,
    private readonly clock: Clock,
  ) {}

  async status(context: RequestContext, service: ServiceEntity): Promise<ServiceStatusValue> {
    const state = await this.loaders.workload(context, service);
    // Whoever sees the service sees its status, also without the right to see deployments.
    const current = service.currentDeploymentId
      ? await this.loaders.currentDeployment(context, service.currentDeploymentId)
      : undefined;
    const status = serviceStatusOf(current, state, this.clock.now());
    const drift = current && status.status !== 'UNKNOWN' ? workloadDrift(service, current, state) : [];
    if (drift.length === 0) return status;
    const drifted = `Others changed it in the cluster: ${driftText(drift)}.`;
    return { ...status, reason: status.reason === null ? drifted : `${status.reason} ${drifted}` };
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
    const [{ pods, known, observed }, slices, ingressDomain] = await Promise.all([
      this.loaders.workload(context, service),
      this.endpointClient.list(service),
      this.environments.ingressDomain(service.clusterId),
    ]);
    const hasReadyPods = pods.some((pod) => conditionOf(pod, 'Ready')?.status === 'True');
    const facts = { slices, ingressDomain, hasReadyPods, known: known && !observed.stale };
    return routesOf(service, service.spec, facts);
  }

  async events(
    service: ServiceEntity,
    page: PageArguments,
    severities: readonly EventSeverity[] | null,
  ): Promise<Page<EventValue>> {
    return pageOfList(await this.eventClient.list(service, severities), page, ({ id }) => id);
  }

  /** Asked of the cluster once for a service that was loaded, however many fields tell of it. */
  drift(service: ServiceEntity): Promise<DriftAnswer> {
    let answer = this.#drifts.get(service);
    if (!answer) {
      answer = this.driftService.answer(service);
      this.#drifts.set(service, answer);
    }
    return answer;
  }

  usage(service: ServiceEntity): Promise<UsageAnswer> {
    return this.usageClient.findByService(service);
  }

  usageOfPod(pod: PodValue): Promise<UsageAnswer> {
    return this.usageClient.findByPod(pod);
  }

  manifest(service: ServiceEntity): Promise<string> {
    return this.manifestClient.get(service);
  }
}
