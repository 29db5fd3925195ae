import type { SelectQueryBuilder } from 'typeorm';
import type { Database } from '../../shared/database.js';
import type { OrderDirection } from '../../shared/order-direction.js';
import { ClusterEntity } from './cluster.entity.js';
import { type ClusterConditions, withConditions } from './cluster-conditions.js';
import type { ClusterOrderField } from './cluster-query.js';

export interface ClusterPageQuery {
  readonly conditions: ClusterConditions;
  readonly order: { readonly field: ClusterOrderField; readonly direction: OrderDirection };
  /** For the order by status: the place of each cluster's status, by id. */
  readonly statusRanks: Readonly<Record<string, number>>;
  /** The order field's value and the id of the row before the page. */
  readonly after: readonly (string | number)[] | undefined;
  readonly limit: number;
}

export interface Count {
  readonly value: string;
  readonly count: number;
}

const orderExpressions: Readonly<Record<ClusterOrderField, string>> = {
  NAME: 'cluster.name',
  DISPLAY_NAME: 'cluster.display_name',
  // Ids sort by creation.
  CREATED_AT: 'cluster.id',
  LOCATION: `coalesce(cluster.location, '')`,
  INFRASTRUCTURE: 'cluster.infrastructure',
  STATUS: '(:statusRanks::jsonb ->> cluster.id)::integer',
};

/** More different values of labels than a person looks at. */
const mostLabelValues = 1_000;

/** Pages of clusters, and what they could be filtered by. */
export class ClusterListRepository {
  constructor(private readonly database: Database) {}

  listPage({ conditions, order, statusRanks, after, limit }: ClusterPageQuery): Promise<ClusterEntity[]> {
    const expression = orderExpressions[order.field];
    const rows = this.#matching(conditions)
      // In parentheses, or TypeORM takes a plain column for the entity's property under another name.
      .addSelect(`(${expression})`, 'order_value')
      .orderBy('order_value', order.direction)
      .addOrderBy('cluster.id', order.direction)
      .limit(limit);
    if (order.field === 'STATUS') rows.setParameter('statusRanks', JSON.stringify(statusRanks));
    if (after) {
      const [afterValue, afterId] = after;
      const operator = order.direction === 'ASC' ? '>' : '<';
      rows.andWhere(`(${expression}, cluster.id) ${operator} (:afterValue, :afterId)`, {
        afterValue,
        afterId,
      });
    }
    return rows.getMany();
  }

  count(conditions: ClusterConditions): Promise<number> {
    return this.#matching(conditions).getCount();
  }

  async listIds(conditions: ClusterConditions): Promise<string[]> {
    const rows = await this.#matching(conditions).select('cluster.id', 'id').getRawMany<{ id: string }>();
    return rows.map(({ id }) => id);
  }

  /** Clusters without a value are not counted. */
  countBy(column: 'infrastructure' | 'location', conditions: ClusterConditions): Promise<Count[]> {
    return this.#matching(conditions)
      .andWhere(`cluster.${column} IS NOT NULL`)
      .select(`cluster.${column}`, 'value')
      .addSelect('count(*)::integer', 'count')
      .groupBy(`cluster.${column}`)
      .orderBy('count', 'DESC')
      .addOrderBy('value', 'ASC')
      .getRawMany<Count>();
  }

  /** Of one label, or of all, the most frequent first. */
  async countLabels(
    conditions: ClusterConditions,
    only: string | null,
  ): Promise<(Count & { readonly name: string })[]> {
    const [sql, parameters] = this.#matching(conditions)
      .select('cluster.labels', 'labels')
      .getQueryAndParameters();
    return this.database.manager.query<(Count & { name: string })[]>(
      `SELECT label.key AS name, label.value AS value, count(*)::integer AS count
       FROM (${sql}) matching, jsonb_each_text(matching.labels) label
       WHERE $${parameters.length + 1}::text IS NULL OR label.key = $${parameters.length + 1}
       GROUP BY label.key, label.value ORDER BY count DESC, name, value LIMIT ${mostLabelValues}`,
      [...parameters, only],
    );
  }

  #matching(conditions: ClusterConditions): SelectQueryBuilder<ClusterEntity> {
    return withConditions(this.database.manager.createQueryBuilder(ClusterEntity, 'cluster'), conditions);
  }
}
