import type { Caller } from '../../shared/caller.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';
import { decodeCursor, type Page, pageOfRows, pageSize } from '../../shared/pagination.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import type { ClusterMonitor } from '../status/cluster-monitor.js';
import { type ClusterStatus, statusesWorstFirst } from '../status/cluster-state.js';
import type { ClusterEntity } from './cluster.entity.js';
import type { ClusterRepository } from './cluster.repository.js';
import type { ClusterService } from './cluster.service.js';
import type { ClusterConditions } from './cluster-conditions.js';
import { type ClusterFacetCounts, clusterFacets } from './cluster-facets.js';
import { checkedLabelFilter } from './cluster-fields.js';
import type { ClusterListRepository, ClusterPageQuery } from './cluster-list.repository.js';
import type { ClusterOrderField, ClusterQuery } from './cluster-query.js';
import type { ClusterView } from './cluster-view.js';
import type { ClusterVisibility } from './cluster-visibility.js';

/** A page of clusters; its facets are counted when they are read, and only then. */
export type ClusterPage = Page<ClusterView> & { readonly facets: ClusterFacetCounts };

/**
 * Lists of clusters. What the caller may see and every filter is part of the query. Two filters name things that are
 * not in the table and become ids first: landscapes (environments are published by projects) and statuses, which are
 * in this process's memory. A page by status shows the statuses of its own moment: a cluster whose status changes
 * while somebody pages may be on no page or on two.
 */
export class ClusterListService {
  constructor(
    private readonly clusters: Pick<ClusterRepository, 'listIds'>,
    private readonly lists: ClusterListRepository,
    private readonly service: Pick<ClusterService, 'view'>,
    private readonly visibility: ClusterVisibility,
    private readonly monitor: Pick<ClusterMonitor, 'stateOf'>,
    private readonly permissions: Pick<Permissions, 'of'>,
  ) {}

  async list(caller: Caller, query: ClusterQuery): Promise<ClusterPage> {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional('clusters.read');
    const size = pageSize(query.first);
    const landscapes = await this.visibility.landscapes(permissions);
    const conditions = await this.#conditions(permissions, query.filter ?? {}, landscapes);
    const page = this.#pageQuery(query, conditions, size);
    const rows = await this.lists.listPage(page);
    const order = this.#orderValue(page.order.field);
    const found = pageOfRows(
      rows.map((row) => this.service.view(row)),
      size,
      (row) => [order(row), row.id],
      { after: query.after, totalCount: () => this.lists.count(conditions) },
    );
    const facets = clusterFacets(this.lists, conditions, {
      landscapes,
      statusOf: (id) => this.monitor.stateOf(id).status,
    });
    return Object.assign(found, { facets });
  }

  async #conditions(
    permissions: PermissionSet,
    filter: NonNullable<ClusterQuery['filter']>,
    landscapes: ReadonlyMap<string, ReadonlySet<string>>,
  ): Promise<ClusterConditions> {
    const { name, search, infrastructure, location, landscape, status } = filter;
    const ids = [...(await this.visibility.visible(permissions, await this.clusters.listIds()))];
    return {
      ids,
      name: name == null ? undefined : requireLabelName(name, ['filter', 'name'], 'cluster'),
      search: search ?? undefined,
      infrastructure: infrastructure ?? undefined,
      location: location ?? undefined,
      idsByStatus: status ? ids.filter((id) => status.includes(this.monitor.stateOf(id).status)) : undefined,
      idsByLandscape: landscape ? landscape.flatMap((each) => [...(landscapes.get(each) ?? [])]) : undefined,
      labels: filter.labels == null ? [] : checkedLabelFilter(filter.labels, ['filter', 'labels']),
    };
  }

  #pageQuery(query: ClusterQuery, conditions: ClusterConditions, size: number): ClusterPageQuery {
    const after = query.after ? decodeCursor(query.after, 2) : undefined;
    return {
      conditions,
      order: { field: query.orderBy?.field ?? 'NAME', direction: query.orderBy?.direction ?? 'ASC' },
      statusRanks: Object.fromEntries(
        conditions.ids.map((id) => [id, rankOf(this.monitor.stateOf(id).status)]),
      ),
      after,
      limit: size + 1,
    };
  }

  #orderValue(field: ClusterOrderField): (row: Pick<ClusterEntity, 'id'> & ClusterView) => string | number {
    return {
      NAME: (row: ClusterView) => row.name,
      DISPLAY_NAME: (row: ClusterView) => row.displayName,
      CREATED_AT: (row: ClusterView) => row.id,
      LOCATION: (row: ClusterView) => row.location ?? '',
      INFRASTRUCTURE: (row: ClusterView) => row.infrastructure,
      STATUS: (row: ClusterView) => rankOf(row.status),
    }[field];
  }
}

const rankOf = (status: ClusterStatus): number => statusesWorstFirst.indexOf(status);
