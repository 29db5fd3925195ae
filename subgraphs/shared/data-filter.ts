import { Brackets, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';
import { type DataFilter, type Scope, type ScopeLevel, scopeLevels } from './permission-scope.js';

/** Which SQL expression holds each level of a row, such as `{ projectId: 'environment.project_id' }`. Our own text only. */
export type ScopeColumns = Partial<Record<ScopeLevel, string>>;

/**
 * Adds the data permission to a query, so that lists, counts and cursors are made of permitted rows alone. The same
 * rules as PermissionSet.allows for reading.
 */
export function andPermitted<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  filter: DataFilter,
  columns: ScopeColumns,
): SelectQueryBuilder<T> {
  let parameters = 0;
  const condition = (scope: Scope, levels: ScopeLevel[]): { sql: string; values: Record<string, string> } => {
    const values: Record<string, string> = {};
    const parts = levels.map((level) => {
      const name = `permitted${parameters++}`;
      values[name] = scope[level] as string;
      return `${columns[level]} = :${name}`;
    });
    return { sql: parts.length === 0 ? 'TRUE' : `(${parts.join(' AND ')})`, values };
  };
  const levelsOf = (scope: Scope): ScopeLevel[] => scopeLevels.filter((level) => scope[level] != null);
  query.andWhere(
    new Brackets((any) => {
      any.where('FALSE');
      for (const scope of filter.allow) {
        const levels = levelsOf(scope);
        const known = levels.filter((level) => columns[level] !== undefined);
        if (levels.length > 0 && known.length === 0) continue;
        const { sql, values } = condition(scope, known);
        any.orWhere(sql, values);
      }
    }),
  );
  for (const scope of filter.deny) {
    const levels = levelsOf(scope);
    if (levels.some((level) => columns[level] === undefined)) continue;
    const { sql, values } = condition(scope, levels);
    // Not NOT: a row without the level (NULL) is not denied.
    query.andWhere(`${sql} IS NOT TRUE`, values);
  }
  return query;
}
