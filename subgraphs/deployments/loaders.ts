import DataLoader from 'dataloader';
import type { Page, PageArguments } from '../shared/pagination.js';
import type { RequestContext } from '../shared/request-context.js';
import type { ApplicationEntity } from './application/application.entity.js';
import type { ApplicationService } from './application/application.service.js';
import type { BindingEntity } from './binding/binding.entity.js';
import type { BindingService } from './binding/binding.service.js';
import type { DeploymentEntity } from './deployment/deployment.entity.js';
import type { DeploymentRepository } from './deployment/deployment.repository.js';
import type { DeploymentService } from './deployment/deployment.service.js';
import { groupedBy, pageOfEach } from './pages-of-each.js';
import type { RolloutService, RolloutValue } from './rollout/rollout.service.js';
import type { ServiceEntity } from './service/service.entity.js';
import type { ServiceParent } from './service/service.repository.js';
import type { ServiceService } from './service/service.service.js';
import type { WorkloadClient, WorkloadKey, WorkloadState } from './workload/workload.client.js';

interface Sources {
  readonly applications: ApplicationService;
  readonly services: ServiceService;
  readonly deployments: DeploymentService;
  readonly deploymentRows: DeploymentRepository;
  readonly bindings: BindingService;
  readonly rollouts: RolloutService;
  readonly workloads: WorkloadClient;
}

const keys = {
  application: Symbol('application'),
  service: Symbol('service'),
  deployment: Symbol('deployment'),
  currentDeployment: Symbol('currentDeployment'),
  rollout: Symbol('rollout'),
  workload: Symbol('workload'),
  applicationsOf: Symbol('applicationsOf'),
  applicationId: Symbol('servicesOfApplication'),
  environmentId: Symbol('servicesOfEnvironment'),
  deploymentsOf: Symbol('deploymentsOf'),
  bindingsOfService: Symbol('bindingsOfService'),
  bindingsOfInstance: Symbol('bindingsOfInstance'),
};

/** What fields under lists load with: one question for all items of an operation. Permissions are checked in it. */
export class FieldLoaders {
  constructor(private readonly sources: Sources) {}

  /** Undefined when it is gone or may not be seen. */
  application({ loaders, caller }: RequestContext, id: string): Promise<ApplicationEntity | undefined> {
    return loaders
      .get(keys.application, () => byId((ids) => this.sources.applications.listByIds(caller, ids)))
      .load(id);
  }

  /** Deleted ones included. */
  service({ loaders, caller }: RequestContext, id: string): Promise<ServiceEntity | undefined> {
    return loaders
      .get(keys.service, () => byId((ids) => this.sources.services.listByIds(caller, ids)))
      .load(id);
  }

  deployment({ loaders, caller }: RequestContext, id: string): Promise<DeploymentEntity | undefined> {
    return loaders
      .get(keys.deployment, () => byId((ids) => this.sources.deployments.listByIds(caller, ids)))
      .load(id);
  }

  /** For what is derived from it: whoever sees a service sees its status, also without the right to see deployments. */
  currentDeployment({ loaders }: RequestContext, id: string): Promise<DeploymentEntity | undefined> {
    return loaders
      .get(keys.currentDeployment, () => byId((ids) => this.sources.deploymentRows.listByIds(ids)))
      .load(id);
  }

  rollout({ loaders }: RequestContext, row: DeploymentEntity): Promise<RolloutValue> {
    return loaders
      .get(
        keys.rollout,
        () =>
          new DataLoader(
            (rows: readonly DeploymentEntity[]) => this.sources.rollouts.listByDeployments(rows),
            {
              cacheKeyFn: (key): string => key.id,
            } as DataLoader.Options<DeploymentEntity, RolloutValue, string>,
          ) as DataLoader<DeploymentEntity, RolloutValue>,
      )
      .load(row);
  }

  workload({ loaders }: RequestContext, service: WorkloadKey): Promise<WorkloadState> {
    return loaders
      .get(
        keys.workload,
        () =>
          new DataLoader((services: readonly WorkloadKey[]) => this.sources.workloads.list(services), {
            cacheKeyFn: (key): string => key.id,
          } as DataLoader.Options<WorkloadKey, WorkloadState, string>) as DataLoader<
            WorkloadKey,
            WorkloadState
          >,
      )
      .load(service);
  }

  applicationsOf(
    context: RequestContext,
    projectId: string,
    page: PageArguments,
  ): Promise<Page<ApplicationEntity>> {
    const source = this.sources.applications.ofProjects(context.caller);
    return pageOfEach(context, keys.applicationsOf, projectId, page, source);
  }

  servicesOf(
    context: RequestContext,
    parent: ServiceParent,
    parentId: string,
    page: PageArguments,
  ): Promise<Page<ServiceEntity>> {
    const source = this.sources.services.ofEach(context.caller, parent);
    return pageOfEach(context, keys[parent], parentId, page, source);
  }

  async deploymentsOf(
    context: RequestContext,
    service: ServiceEntity,
    page: PageArguments,
  ): Promise<Page<DeploymentEntity>> {
    const { deployments } = this.sources;
    await deployments.requireReadable(context.caller, service);
    return pageOfEach(context, keys.deploymentsOf, service.id, page, deployments.ofServices());
  }

  bindingsOfService({ loaders, caller }: RequestContext, serviceId: string): Promise<BindingEntity[]> {
    return loaders
      .get(keys.bindingsOfService, () =>
        grouped(
          (ids) => this.sources.bindings.listByServices(caller, ids),
          (row) => row.serviceId,
        ),
      )
      .load(serviceId);
  }

  bindingsOfInstance({ loaders, caller }: RequestContext, instanceId: string): Promise<BindingEntity[]> {
    return loaders
      .get(keys.bindingsOfInstance, () =>
        grouped(
          (ids) => this.sources.bindings.listByInstances(caller, ids),
          (row) => row.instanceId,
        ),
      )
      .load(instanceId);
  }
}

const byId = <T extends { id: string }>(
  list: (ids: readonly string[]) => Promise<T[]>,
): DataLoader<string, T | undefined> =>
  new DataLoader(async (ids) => {
    const found = new Map((await list(ids)).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id));
  });

const grouped = <T>(
  list: (ids: readonly string[]) => Promise<T[]>,
  keyOf: (row: T) => string,
): DataLoader<string, T[]> =>
  new DataLoader(async (ids) => {
    const groups = groupedBy(await list(ids), keyOf);
    return ids.map((id) => groups.get(id) ?? []);
  });
