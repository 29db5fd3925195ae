import DataLoader from 'dataloader';
import type { Permissions } from '../shared/permissions.js';
import type { RequestContext } from '../shared/request-context.js';
import type { ApplicationRepository } from './application/application.repository.js';
import type { DeploymentRepository } from './deployment/deployment.repository.js';
import type { ServiceEntity } from './service/service.entity.js';
import type { ServiceRepository } from './service/service.repository.js';
import type { WorkloadClient } from './workload/workload.client.js';

const keys = {
  applications: Symbol('statistics.applications'),
  services: Symbol('statistics.services'),
  deployments: Symbol('statistics.deployments'),
  pods: Symbol('statistics.pods'),
};

type Count = DataLoader<string, number>;

/** Numbers of projects: one question for all projects of an operation. Only what the caller may see is counted. */
export class StatisticsService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly applicationRows: ApplicationRepository,
    private readonly serviceRows: ServiceRepository,
    private readonly deploymentRows: DeploymentRepository,
    private readonly workloads: WorkloadClient,
  ) {}

  applications({ loaders, caller }: RequestContext, projectId: string): Promise<number> {
    return loaders
      .get<Count>(keys.applications, () =>
        counting(async (ids) => {
          const set = await this.permissions.of(caller);
          return this.applicationRows.countByProjects(ids, set.filter('applications.read'));
        }),
      )
      .load(projectId);
  }

  deployments({ loaders, caller }: RequestContext, projectId: string): Promise<number> {
    return loaders
      .get<Count>(keys.deployments, () =>
        counting(async (ids) => {
          const set = await this.permissions.of(caller);
          return this.deploymentRows.countByProjects(ids, set.filter('deployments.read'));
        }),
      )
      .load(projectId);
  }

  async services(context: RequestContext, projectId: string): Promise<number> {
    return (await this.#services(context, projectId)).length;
  }

  async pods(context: RequestContext, projectId: string): Promise<number> {
    return context.loaders
      .get<Count>(
        keys.pods,
        () =>
          new DataLoader(async (ids) => {
            const services = await Promise.all(ids.map((id) => this.#services(context, id)));
            const states = await this.workloads.list(services.flat());
            let next = 0;
            return services.map((rows) => rows.reduce((sum) => sum + (states[next++]?.pods.length ?? 0), 0));
          }),
      )
      .load(projectId);
  }

  #services({ loaders, caller }: RequestContext, projectId: string): Promise<ServiceEntity[]> {
    return loaders
      .get(
        keys.services,
        () =>
          new DataLoader<string, ServiceEntity[]>(async (ids) => {
            const set = await this.permissions.of(caller);
            const rows = await this.serviceRows.listByProjects(ids, set.filter('services.read'));
            return ids.map((id) => rows.filter((row) => row.projectId === id));
          }),
      )
      .load(projectId);
  }
}

const counting = (count: (ids: readonly string[]) => Promise<Map<string, number>>): Count =>
  new DataLoader(async (ids) => {
    const counts = await count(ids);
    return ids.map((id) => counts.get(id) ?? 0);
  });
