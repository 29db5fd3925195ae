import { type EntityManager, In, IsNull, type SelectQueryBuilder } from 'typeorm';
import type { Database } from '../../shared/database.js';
import type { OrderDirection } from '../../shared/order-direction.js';
import { ClusterEntity } from './cluster.entity.js';
import type { ClusterOrderField, ClusterQuery } from './cluster-query.js';

export interface ClusterPageQuery {
  readonly ids: readonly string[];
  readonly filter: NonNullable<ClusterQuery['filter']>;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly order: { readonly field: ClusterOrderField; readonly direction: OrderDirection };
  /** The order field's value and the id of the row before the page. */
  readonly after: readonly (string | number)[] | undefined;
  readonly limit: number;
}

// Ids sort by creation.
const orderColumns = { NAME: 'name', DISPLAY_NAME: 'display_name', CREATED_AT: 'id' } as const;
const registered = { unregisteredAt: IsNull() };

export class ClusterRepository {
  constructor(private readonly database: Database) {}

  find(id: string, manager: EntityManager = this.database.manager): Promise<ClusterEntity | null> {
    return manager.findOneBy(ClusterEntity, { id, ...registered });
  }

  findByName(name: string, manager: EntityManager = this.database.manager): Promise<ClusterEntity | null> {
    return manager.findOneBy(ClusterEntity, { name, ...registered });
  }

  /** Unregistered ones too: other records may still refer to them. */
  listByIds(
    ids: readonly string[],
    manager: EntityManager = this.database.manager,
  ): Promise<ClusterEntity[]> {
    return manager.findBy(ClusterEntity, { id: In([...ids]) });
  }

  /** A short list: clusters are counted in hundreds. */
  async listIds(): Promise<string[]> {
    const rows = await this.database.manager.find(ClusterEntity, { where: registered, select: { id: true } });
    return rows.map((row) => row.id);
  }

  async isRegistered(id: string): Promise<boolean> {
    return this.database.manager.existsBy(ClusterEntity, { id, ...registered });
  }

  async findCredentials(id: string, manager: EntityManager = this.database.manager): Promise<string | null> {
    const row = await manager.findOne(ClusterEntity, {
      where: { id, ...registered },
      select: { id: true, encryptedCredentials: true },
    });
    return row?.encryptedCredentials ?? null;
  }

  listPage(query: ClusterPageQuery): Promise<ClusterEntity[]> {
    const column = orderColumns[query.order.field];
    const rows = this.#matching(query)
      .orderBy(`cluster.${column}`, query.order.direction)
      .addOrderBy('cluster.id', query.order.direction)
      .limit(query.limit);
    if (query.after) {
      const operator = query.order.direction === 'ASC' ? '>' : '<';
      rows.andWhere(`(cluster.${column}, cluster.id) ${operator} (:afterValue, :afterId)`, {
        afterValue: query.after[0],
        afterId: query.after[1],
      });
    }
    return rows.getMany();
  }

  count(query: ClusterPageQuery): Promise<number> {
    return this.#matching(query).getCount();
  }

  #matching({ ids, filter, labels }: ClusterPageQuery): SelectQueryBuilder<ClusterEntity> {
    const rows = this.database.manager
      .createQueryBuilder(ClusterEntity, 'cluster')
      .where('cluster.unregistered_at IS NULL AND cluster.id = ANY(:ids)', { ids });
    if (filter.name != null) rows.andWhere('cluster.name = :name', { name: filter.name });
    if (filter.search) {
      rows.andWhere(
        `position(lower(:search) IN lower(concat_ws(' ', cluster.name, cluster.display_name, cluster.location))) > 0`,
        { search: filter.search },
      );
    }
    if (filter.infrastructure) {
      rows.andWhere('cluster.infrastructure = ANY(:infrastructure)', {
        infrastructure: filter.infrastructure,
      });
    }
    if (filter.location) rows.andWhere('cluster.location = ANY(:location)', { location: filter.location });
    if (labels) rows.andWhere('cluster.labels @> :labels::jsonb', { labels: JSON.stringify(labels) });
    return rows;
  }

  async insert(row: ClusterEntity, manager: EntityManager): Promise<void> {
    await manager.insert(ClusterEntity, row);
  }

  /** False when the row has another version by now. */
  async update(
    { id, version }: Pick<ClusterEntity, 'id' | 'version'>,
    fields: Partial<Omit<ClusterEntity, 'id' | 'version'>>,
    manager: EntityManager,
  ): Promise<boolean> {
    const { affected } = await manager.update(
      ClusterEntity,
      { id, version, ...registered },
      // TypeORM types jsonb columns as partial entities.
      { ...(fields as object), version: version + 1 },
    );
    return affected === 1;
  }

  async setKubernetesVersion(id: string, kubernetesVersion: string): Promise<void> {
    await this.database.manager.update(ClusterEntity, { id, ...registered }, { kubernetesVersion });
  }
}
