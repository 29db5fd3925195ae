import type { SelectQueryBuilder } from 'typeorm';
import { andPermitted } from '../../shared/data-filter.js';
import type { Database, Transaction } from '../../shared/database.js';
import type { OrderDirection } from '../../shared/order-direction.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { DataFilter } from '../../shared/permissions.js';
import { ServiceEntity } from './service.entity.js';

export interface ServiceListFilter {
  readonly projectId?: string | null;
  readonly environmentId?: string | null;
  readonly applicationId?: string | null;
  readonly clusterId?: string | null;
  readonly landscapeId?: string | null;
  /** Part of the name. */
  readonly search?: string | null;
}

export const serviceOrderFields = ['NAME', 'CREATED_AT', 'UPDATED_AT'] as const;
export interface ServiceListOrder {
  readonly field: (typeof serviceOrderFields)[number];
  readonly direction: OrderDirection;
}

const scopeColumns = {
  projectId: 'service.project_id',
  landscapeId: 'service.landscape_id',
  clusterId: 'service.cluster_id',
  applicationId: 'service.application_id',
} as const;

const orderColumns = {
  NAME: { sql: 'service.name', property: 'service.name', valueOf: (row: ServiceEntity) => row.name },
  CREATED_AT: {
    sql: `to_char(service.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`,
    property: 'service.createdAt',
    valueOf: (row: ServiceEntity) => row.createdAt.toISOString().slice(0, -1).padEnd(26, '0'),
  },
  UPDATED_AT: {
    sql: `to_char(service.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`,
    property: 'service.updatedAt',
    valueOf: (row: ServiceEntity) => row.updatedAt.toISOString().slice(0, -1).padEnd(26, '0'),
  },
} as const;

/** Services that were not deleted, unless a method says otherwise. */
export class ServiceRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<ServiceEntity | undefined> {
    const row = await this.findEvenDeleted(id);
    return row && !row.deletedAt ? row : undefined;
  }

  async findEvenDeleted(id: string): Promise<ServiceEntity | undefined> {
    return (await this.database.manager.findOneBy(ServiceEntity, { id })) ?? undefined;
  }

  /** Holds the row until the transaction ends; undefined when there is none, or it was deleted. */
  async lock(transaction: Transaction, id: string): Promise<ServiceEntity | undefined> {
    const row = await transaction.findOne(ServiceEntity, {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
    return row && !row.deletedAt ? row : undefined;
  }

  async listByIdsEvenDeleted(ids: readonly string[]): Promise<ServiceEntity[]> {
    return this.#query().where('service.id = ANY(:ids)', { ids }).getMany();
  }

  /** Deleted, but what ran may still be there. */
  async listToRemove(): Promise<ServiceEntity[]> {
    return this.#query().where('service.deleted_at IS NOT NULL AND service.removed_at IS NULL').getMany();
  }

  async listByEnvironment(environmentId: string): Promise<ServiceEntity[]> {
    return this.#query()
      .where('service.environment_id = :environmentId AND service.deleted_at IS NULL', { environmentId })
      .getMany();
  }

  async countByApplication(transaction: Transaction, applicationId: string): Promise<number> {
    return transaction
      .createQueryBuilder(ServiceEntity, 'service')
      .where('service.application_id = :applicationId AND service.deleted_at IS NULL', { applicationId })
      .getCount();
  }

  async insert(transaction: Transaction, row: ServiceEntity): Promise<void> {
    await transaction.insert(ServiceEntity, row);
  }

  async update(manager: Transaction, id: string, change: Partial<ServiceEntity>): Promise<void> {
    // jsonb columns are typed as partial entities by TypeORM's update.
    await manager.update(ServiceEntity, { id }, change as never);
  }

  async markRemoved(id: string, at: Date): Promise<void> {
    await this.database.manager.update(ServiceEntity, { id }, { removedAt: at });
  }

  /** Services of the cluster, other than this one, that claim one of these host names. */
  async listByDomains(
    clusterId: string,
    domains: readonly string[],
    exceptId: string,
  ): Promise<ServiceEntity[]> {
    if (domains.length === 0) return [];
    return this.#query()
      .where('service.cluster_id = :clusterId AND service.id <> :exceptId AND service.deleted_at IS NULL', {
        clusterId,
        exceptId,
      })
      .andWhere(
        `EXISTS (SELECT 1 FROM jsonb_array_elements(service.spec -> 'ports') port WHERE port ->> 'domain' = ANY(:domains))`,
        { domains },
      )
      .getMany();
  }

  async list(
    wanted: ServiceListFilter,
    order: ServiceListOrder,
    permitted: DataFilter,
    page: PageArguments,
  ): Promise<Page<ServiceEntity>> {
    const query = () => andPermitted(this.#filtered(wanted), permitted, scopeColumns);
    const size = pageSize(page.first);
    const column = orderColumns[order.field];
    const rows = query()
      .orderBy(column.property, order.direction)
      .addOrderBy('service.id', order.direction)
      .take(size + 1);
    if (page.after) {
      const [value, id] = decodeCursor(page.after, 2);
      const comparison = order.direction === 'ASC' ? '>' : '<';
      rows.andWhere(`(${column.sql}, service.id) ${comparison} (:afterValue, :afterId)`, {
        afterValue: String(value),
        afterId: String(id),
      });
    }
    return pageOfRows(await rows.getMany(), size, (row) => [column.valueOf(row), row.id], {
      after: page.after,
      totalCount: () => query().getCount(),
    });
  }

  /** Per project, how many services the caller may see, and their ids by cluster and namespace. */
  async listByProjects(projectIds: readonly string[], permitted: DataFilter): Promise<ServiceEntity[]> {
    return andPermitted(
      this.#query().where('service.project_id = ANY(:projectIds) AND service.deleted_at IS NULL', {
        projectIds,
      }),
      permitted,
      scopeColumns,
    ).getMany();
  }

  #filtered(wanted: ServiceListFilter): SelectQueryBuilder<ServiceEntity> {
    const query = this.#query().where('service.deleted_at IS NULL');
    for (const [field, column] of [
      ['projectId', 'project_id'],
      ['environmentId', 'environment_id'],
      ['applicationId', 'application_id'],
      ['clusterId', 'cluster_id'],
      ['landscapeId', 'landscape_id'],
    ] as const) {
      const value = wanted[field];
      if (value != null) query.andWhere(`service.${column} = :${field}`, { [field]: value });
    }
    if (wanted.search) {
      query.andWhere('service.name LIKE :search', {
        search: `%${wanted.search.replace(/[\\%_]/g, '\\$&')}%`,
      });
    }
    return query;
  }

  #query(): SelectQueryBuilder<ServiceEntity> {
    return this.database.manager.createQueryBuilder(ServiceEntity, 'service');
  }
}
