import type { SelectQueryBuilder } from 'typeorm';
import { andPermitted } from '../../shared/data-filter.js';
import type { Database, Transaction } from '../../shared/database.js';
import { BadUserInputError } from '../../shared/errors.js';
import { loadTogether } from '../../shared/load-together.js';
import type { OrderDirection } from '../../shared/order-direction.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { DataFilter } from '../../shared/permission-scope.js';
import { DeploymentEntity } from '../deployment/deployment.entity.js';
import { countsOfEach, firstIdsOfEach } from '../pages-of-each.js';
import type { RolloutPhase } from '../rollout/rollout-phase.js';
import { ServiceEntity } from './service.entity.js';

export interface ServiceListFilter {
  readonly projectId?: string | null;
  readonly environmentId?: string | null;
  readonly applicationId?: string | null;
  readonly clusterId?: string | null;
  readonly landscapeId?: string | null;
  readonly name?: string | null;
  /** Part of the name. */
  readonly search?: string | null;
  /** Part of the image. */
  readonly image?: string | null;
  /** Only of these. */
  readonly ids?: readonly string[] | null;
}

export const serviceOrderFields = ['NAME', 'CREATED_AT', 'UPDATED_AT', 'STATUS'] as const;
export interface ServiceListOrder {
  readonly field: (typeof serviceOrderFields)[number];
  readonly direction: OrderDirection;
}

/** Services can be counted by these. */
export type ServiceFacet = 'landscapeId' | 'environmentId' | 'applicationId' | 'clusterId' | 'projectId';

export interface Count {
  readonly value: string;
  readonly count: number;
}

/** What the status of a service depends on, besides what runs. */
export interface ServiceStatusFacts {
  readonly id: string;
  readonly clusterId: string;
  /** Of its current deployment; null when it was never deployed. */
  readonly phase: RolloutPhase | null;
}

const scopeColumns = {
  projectId: 'service.project_id',
  landscapeId: 'service.landscape_id',
  clusterId: 'service.cluster_id',
  applicationId: 'service.application_id',
  environmentId: 'service.environment_id',
} as const;

/** What services are listed below. */
export type ServiceParent = 'applicationId' | 'environmentId';

const timeText = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`;
const textOf = (time: Date): string => time.toISOString().slice(0, -1).padEnd(26, '0');

const orderExpressions: Readonly<Record<ServiceListOrder['field'], string>> = {
  NAME: 'service.name',
  CREATED_AT: timeText('service.created_at'),
  UPDATED_AT: timeText('service.updated_at'),
  STATUS: '(:statusRanks::jsonb ->> service.id)::integer',
};

/** Services that were not deleted, unless a method says otherwise. */
export class ServiceRepository {
  /** As `find`, with all that others look at at the same moment. */
  readonly findTogether: (id: string) => Promise<Readonly<ServiceEntity> | undefined>;

  constructor(private readonly database: Database) {
    this.findTogether = loadTogether(async (ids) =>
      (await this.listByIdsEvenDeleted(ids)).filter(({ deletedAt }) => !deletedAt),
    );
  }

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

  /** `statusRanks`: for the order by status, the place of each service's status. */
  async list(
    wanted: ServiceListFilter,
    order: ServiceListOrder,
    permitted: DataFilter,
    page: PageArguments,
    statusRanks: ReadonlyMap<string, number> = new Map(),
  ): Promise<Page<ServiceEntity>> {
    const query = () => andPermitted(this.#filtered(wanted), permitted, scopeColumns);
    const size = pageSize(page.first);
    const expression = orderExpressions[order.field];
    const rows = query()
      // In parentheses, or TypeORM takes a plain column for the entity's property under another name.
      .addSelect(`(${expression})`, 'order_value')
      .orderBy('order_value', order.direction)
      .addOrderBy('service.id', order.direction)
      .limit(size + 1);
    if (order.field === 'STATUS') {
      rows.setParameter('statusRanks', JSON.stringify(Object.fromEntries(statusRanks)));
      // What came since the ranks were made is on the next reading.
      rows.andWhere(`${expression} IS NOT NULL`);
    }
    if (page.after) {
      const [value, id] = decodeCursor(page.after, 2);
      if (order.field === 'STATUS' && !Number.isInteger(value)) {
        throw BadUserInputError.at(['after'], 'after is a cursor of another order of this list.');
      }
      const comparison = order.direction === 'ASC' ? '>' : '<';
      rows.andWhere(`(${expression}, service.id) ${comparison} (:afterValue, :afterId)`, {
        afterValue: order.field === 'STATUS' ? Number(value) : String(value),
        afterId: String(id),
      });
    }
    const placeOf = {
      NAME: (row: ServiceEntity) => row.name,
      CREATED_AT: (row: ServiceEntity) => textOf(row.createdAt),
      UPDATED_AT: (row: ServiceEntity) => textOf(row.updatedAt),
      STATUS: (row: ServiceEntity) => statusRanks.get(row.id) ?? 0,
    }[order.field];
    return pageOfRows(await rows.getMany(), size, (row) => [placeOf(row), row.id], {
      after: page.after,
      totalCount: () => query().getCount(),
    });
  }

  /** What is needed to say which of the services has which status. */
  async listStatusFacts(wanted: ServiceListFilter, permitted: DataFilter): Promise<ServiceStatusFacts[]> {
    return andPermitted(this.#filtered(wanted), permitted, scopeColumns)
      .leftJoin(DeploymentEntity, 'deployment', 'deployment.id = service.current_deployment_id')
      .select('service.id', 'id')
      .addSelect('service.cluster_id', 'clusterId')
      .addSelect('deployment.phase', 'phase')
      .getRawMany<ServiceStatusFacts>();
  }

  /** The most frequent first. */
  countBy(facet: ServiceFacet, wanted: ServiceListFilter, permitted: DataFilter): Promise<Count[]> {
    return andPermitted(this.#filtered(wanted), permitted, scopeColumns)
      .select(scopeColumns[facet], 'value')
      .addSelect('count(*)::integer', 'count')
      .groupBy(scopeColumns[facet])
      .orderBy('count', 'DESC')
      .addOrderBy('value', 'ASC')
      .getRawMany<Count>();
  }

  /** The first services of each application or environment, by name, after a name and id when given. */
  async listOfEach(
    parent: ServiceParent,
    parentIds: readonly string[],
    permitted: DataFilter,
    after: string | null | undefined,
    limit: number,
  ): Promise<ServiceEntity[]> {
    const query = this.#ofParents(parent, parentIds, permitted);
    if (after) {
      const [name, id] = decodeCursor(after, 2);
      query.andWhere('(service.name, service.id) > (:afterName, :afterId)', {
        afterName: String(name),
        afterId: String(id),
      });
    }
    const columns = { parent: scopeColumns[parent], id: 'service.id', order: 'service.name, service.id' };
    const ids = await firstIdsOfEach(query, columns, limit);
    return this.#query()
      .where('service.id = ANY(:ids)', { ids })
      .orderBy('service.name', 'ASC')
      .addOrderBy('service.id', 'ASC')
      .getMany();
  }

  countOfEach(
    parent: ServiceParent,
    parentIds: readonly string[],
    permitted: DataFilter,
  ): Promise<Map<string, number>> {
    return countsOfEach(this.#ofParents(parent, parentIds, permitted), scopeColumns[parent]);
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

  #ofParents(
    parent: ServiceParent,
    parentIds: readonly string[],
    permitted: DataFilter,
  ): SelectQueryBuilder<ServiceEntity> {
    const query = this.#query().where('service.deleted_at IS NULL');
    query.andWhere(`${scopeColumns[parent]} = ANY(:parentIds)`, { parentIds });
    return andPermitted(query, permitted, scopeColumns);
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
    if (wanted.name != null) query.andWhere('service.name = :name', { name: wanted.name });
    if (wanted.ids) query.andWhere('service.id = ANY(:ids)', { ids: wanted.ids });
    if (wanted.search) query.andWhere('service.name LIKE :search', { search: containing(wanted.search) });
    if (wanted.image) {
      query.andWhere(`service.spec ->> 'image' LIKE :image`, { image: containing(wanted.image) });
    }
    return query;
  }

  #query(): SelectQueryBuilder<ServiceEntity> {
    return this.database.manager.createQueryBuilder(ServiceEntity, 'service');
  }
}

const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
