import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import type { DataFilter } from '../../shared/permission-scope.js';
import type { Permissions } from '../../shared/permissions.js';
import type { WorkloadClient, WorkloadState } from '../workload/workload.client.js';
import type { ServiceEntity } from './service.entity.js';
import type {
  Count,
  ServiceFacet,
  ServiceListFilter,
  ServiceListOrder,
  ServiceRepository,
} from './service.repository.js';
import { type ServiceStatus, serviceStatusesWorstFirst, serviceStatusOf } from './service-status.js';

export interface ServiceQuery extends Omit<ServiceListFilter, 'ids'> {
  readonly status?: readonly ServiceStatus[] | null;
}

/** Counts for each filter of the list; each is made when it is read. */
export interface ServiceFacetCounts {
  readonly status: Promise<Count[]>;
  readonly landscape: Promise<Count[]>;
  readonly environment: Promise<Count[]>;
  readonly application: Promise<Count[]>;
  readonly cluster: Promise<Count[]>;
  readonly project: Promise<Count[]>;
}

export type ServicePage = Page<ServiceEntity> & { readonly facets: ServiceFacetCounts };

/**
 * Lists of services. What the caller may see and every filter is part of the query. Statuses are in this process's
 * memory and become ids first: those of all services that the other filters leave, with one statement.
 */
export class ServiceListService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly services: Pick<ServiceRepository, 'list' | 'listStatusFacts' | 'countBy'>,
    private readonly workloads: Pick<WorkloadClient, 'list'>,
    private readonly clock: Clock,
  ) {}

  async list(
    caller: Caller,
    query: ServiceQuery,
    order: ServiceListOrder,
    page: PageArguments,
  ): Promise<ServicePage> {
    const permitted = (await this.permissions.of(caller)).filter('services.read');
    const statuses =
      query.status || order.field === 'STATUS' ? await this.#statuses(query, permitted) : new Map();
    const wanted = withStatus(query, statuses);
    const ranks = new Map(
      [...statuses].map(([id, status]) => [id, serviceStatusesWorstFirst.indexOf(status)]),
    );
    const found = await this.services.list(wanted, order, permitted, page, ranks);
    return Object.assign(found, { facets: this.#facets(query, wanted, permitted) });
  }

  /** A facet honours every filter but its own. */
  #facets(query: ServiceQuery, wanted: ServiceListFilter, permitted: DataFilter): ServiceFacetCounts {
    const by = (facet: ServiceFacet) =>
      this.services.countBy(facet, { ...wanted, [facet]: undefined }, permitted);
    const byId = async (facet: ServiceFacet): Promise<Count[]> => {
      if (!query.status || query[facet] == null) return by(facet);
      // Which services have the statuses was looked for with the filter that the facet leaves out.
      const others = { ...query, [facet]: undefined };
      return this.services.countBy(
        facet,
        withStatus(others, await this.#statuses(others, permitted)),
        permitted,
      );
    };
    const countStatuses = async (): Promise<Count[]> => {
      const statuses = [...(await this.#statuses(query, permitted)).values()];
      return serviceStatusesWorstFirst
        .map((value) => ({ value, count: statuses.filter((status) => status === value).length }))
        .filter(({ count }) => count > 0);
    };
    return {
      get status() {
        return countStatuses();
      },
      get landscape() {
        return byId('landscapeId');
      },
      get environment() {
        return byId('environmentId');
      },
      get application() {
        return byId('applicationId');
      },
      get cluster() {
        return byId('clusterId');
      },
      get project() {
        return byId('projectId');
      },
    };
  }

  /** Of all services that the other filters leave. */
  async #statuses(query: ServiceQuery, permitted: DataFilter): Promise<Map<string, ServiceStatus>> {
    const facts = await this.services.listStatusFacts(query, permitted);
    const states = await this.workloads.list(facts);
    const now = this.clock.now();
    return new Map(
      facts.map(({ id, phase }, index) => [
        id,
        serviceStatusOf(phase === null ? undefined : { phase }, states[index] as WorkloadState, now).status,
      ]),
    );
  }
}

function withStatus(query: ServiceQuery, statuses: ReadonlyMap<string, ServiceStatus>): ServiceListFilter {
  const { status } = query;
  if (!status) return query;
  return { ...query, ids: [...statuses].filter(([, each]) => status.includes(each)).map(([id]) => id) };
}
