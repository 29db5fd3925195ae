import DataLoader from 'dataloader';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { type Page, type PageArguments, pageOfRows, pageSize } from '../shared/pagination.js';
import type { RequestContext } from '../shared/request-context.js';

/** SQL of our own, never of a caller. */
export interface EachColumns {
  /** Of what the rows belong to, such as `service.application_id`. */
  readonly parent: string;
  readonly id: string;
  readonly order: string;
}

/**
 * Ids of the first rows of each parent, in one statement however many parents there are. What the query selects and
 * orders by is replaced.
 */
export async function firstIdsOfEach<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  { parent, id, order }: EachColumns,
  limit: number,
): Promise<string[]> {
  const [sql, parameters] = query
    .select(id, 'id')
    .addSelect(`row_number() OVER (PARTITION BY ${parent} ORDER BY ${order})`, 'place')
    .getQueryAndParameters();
  const rows = await query.connection.query<{ id: string }[]>(
    `SELECT id FROM (${sql}) numbered WHERE place <= $${parameters.length + 1}`,
    [...parameters, limit],
  );
  return rows.map((row) => row.id);
}

/** How many rows each parent has, in one statement. */
export async function countsOfEach<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  parent: string,
): Promise<Map<string, number>> {
  const rows = await query
    .select(parent, 'parent')
    .addSelect('count(*)::integer', 'count')
    .groupBy(parent)
    .getRawMany<{ parent: string; count: number }>();
  return new Map(rows.map((row) => [row.parent, row.count]));
}

export interface PagesSource<Row> {
  /** The first rows of each parent after the cursor, each parent's in their order. */
  rows(parentIds: readonly string[], page: PageArguments, limit: number): Promise<Row[]>;
  counts(parentIds: readonly string[]): Promise<Map<string, number>>;
  parentOf(row: Row): string;
  /** What a cursor is made of. */
  placeOf(row: Row): readonly (string | number)[];
}

/** The same page of the lists of all parents of an operation, such as the first five services of each application. */
export function pageOfEach<Row>(
  { loaders }: RequestContext,
  key: symbol,
  parentId: string,
  page: PageArguments,
  source: PagesSource<Row>,
): Promise<Page<Row>> {
  const size = pageSize(page.first);
  const made = loaders.get(key, () => ({
    counts: new DataLoader<string, number>(async (ids) => {
      const counts = await source.counts(ids);
      return ids.map((id) => counts.get(id) ?? 0);
    }),
    pages: new Map<string, DataLoader<string, Page<Row>>>(),
  }));
  const which = JSON.stringify([size, page.after ?? null]);
  let pages = made.pages.get(which);
  if (!pages) {
    pages = new DataLoader(async (ids) => {
      const rows = groupedBy(await source.rows(ids, page, size + 1), source.parentOf);
      return ids.map((id) =>
        pageOfRows(rows.get(id) ?? [], size, source.placeOf, {
          after: page.after,
          totalCount: () => made.counts.load(id),
        }),
      );
    });
    made.pages.set(which, pages);
  }
  return pages.load(parentId);
}

export function groupedBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
