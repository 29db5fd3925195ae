import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Infrastructure } from './infrastructure.js';

/** Has this label, with any of these values; null: whatever its value. */
export interface LabelCondition {
  readonly name: string;
  readonly values: readonly string[] | null;
}

/** What a list of clusters is limited to. What is left out does not limit. */
export interface ClusterConditions {
  /** What the caller may see. */
  readonly ids: readonly string[];
  readonly name?: string | undefined;
  readonly search?: string | undefined;
  readonly infrastructure?: readonly Infrastructure[] | undefined;
  readonly location?: readonly string[] | undefined;
  /** Those that have one of the asked statuses now: statuses are in memory, so they come as ids. */
  readonly idsByStatus?: readonly string[] | undefined;
  /** Those with an environment in one of the asked landscapes. */
  readonly idsByLandscape?: readonly string[] | undefined;
  readonly labels: readonly LabelCondition[];
}

/** Limits a query of `clusters.cluster AS cluster`. All that comes from a caller is a parameter. */
export function withConditions<T extends ObjectLiteral>(
  rows: SelectQueryBuilder<T>,
  conditions: ClusterConditions,
): SelectQueryBuilder<T> {
  rows.where('cluster.unregistered_at IS NULL');
  for (const name of ['ids', 'idsByStatus', 'idsByLandscape'] as const) {
    if (conditions[name]) rows.andWhere(`cluster.id = ANY(:${name})`, { [name]: conditions[name] });
  }
  for (const name of ['infrastructure', 'location'] as const) {
    if (conditions[name]) rows.andWhere(`cluster.${name} = ANY(:${name})`, { [name]: conditions[name] });
  }
  if (conditions.name !== undefined) rows.andWhere('cluster.name = :name', { name: conditions.name });
  if (conditions.search) {
    rows.andWhere(
      `position(lower(:search) IN lower(concat_ws(' ', cluster.name, cluster.display_name, cluster.location))) > 0`,
      { search: conditions.search },
    );
  }
  for (const [index, { name, values }] of conditions.labels.entries()) {
    const [key, any] = [`label${index}`, `labelValues${index}`];
    if (values === null) rows.andWhere(`jsonb_exists(cluster.labels, :${key})`, { [key]: name });
    else rows.andWhere(`cluster.labels ->> :${key} = ANY(:${any})`, { [key]: name, [any]: values });
  }
  return rows;
}
