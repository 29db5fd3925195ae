import type { Caller } from '../../shared/caller.js';
import { isId } from '../../shared/ids.js';
import type { ObservationView } from '../../shared/observation.type.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import type { EnvironmentEntity } from './environment.entity.js';
import type { EnvironmentRepository } from './environment.repository.js';
import type { EnvironmentObserverClient } from './environment-observer.client.js';
import { type EnvironmentStatus, environmentStatus, toObservation } from './environment-state.js';
import { type ResourceLimits, toUsedResources } from './quota.js';

/** Reading environments. */
export class EnvironmentService {
  constructor(
    private readonly environments: EnvironmentRepository,
    private readonly observer: Pick<EnvironmentObserverClient, 'observe'>,
    private readonly permissions: Pick<Permissions, 'of'>,
  ) {}

  async find(caller: Caller, id: string): Promise<EnvironmentEntity | undefined> {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional('environments.read');
    return (await this.mapByIds(caller, [id])).get(id);
  }

  /** Those of the ids that exist and that the caller may see, by id. */
  async mapByIds(caller: Caller, ids: readonly string[]): Promise<Map<string, EnvironmentEntity>> {
    const permissions = await this.permissions.of(caller);
    const rows = await this.environments.listByIds(ids.filter((id) => isId('environment', id)));
    return new Map(visible(permissions, rows).map((row) => [row.id, row]));
  }

  async mapByProjects(
    caller: Caller,
    projectIds: readonly string[],
  ): Promise<Map<string, EnvironmentEntity[]>> {
    const permissions = await this.permissions.of(caller);
    const rows = visible(permissions, await this.environments.listByProjects(projectIds));
    return new Map(projectIds.map((id) => [id, rows.filter(({ projectId }) => projectId === id)]));
  }

  async listByCluster(
    caller: Caller,
    clusterId: string,
    page: PageArguments,
  ): Promise<Page<EnvironmentEntity>> {
    const permissions = await this.permissions.of(caller);
    const size = pageSize(page.first);
    const query = {
      clusterId,
      permitted: permissions.filter('environments.read'),
      after: page.after ? decodeCursor(page.after, 1)[0] : undefined,
      limit: size + 1,
    };
    const rows = await this.environments.listPage(query);
    return pageOfRows(rows, size, (row) => [row.namespace], {
      after: page.after,
      totalCount: () => this.environments.count(query),
    });
  }

  async status(environment: EnvironmentEntity): Promise<EnvironmentStatus> {
    return environmentStatus(environment, await this.#observe(environment));
  }

  async observation(environment: EnvironmentEntity): Promise<ObservationView> {
    return toObservation(environment, await this.#observe(environment));
  }

  async quota(environment: EnvironmentEntity): Promise<{ limits: ResourceLimits; used: ResourceLimits }> {
    const { owner, used } = await this.#observe(environment);
    const own = owner?.environmentId === environment.id;
    return { limits: environment.quota, used: toUsedResources(own ? used : undefined) };
  }

  #observe({ clusterId, namespace }: EnvironmentEntity) {
    return this.observer.observe(clusterId, namespace);
  }
}

const visible = (permissions: PermissionSet, rows: readonly EnvironmentEntity[]): EnvironmentEntity[] =>
  rows.filter((row) => permissions.allows('environments.read', row));
