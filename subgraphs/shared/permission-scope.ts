/** The levels that a role binding can be limited to, and a record can belong to. */
export interface Scope {
  readonly clusterId?: string | null;
  readonly projectId?: string | null;
  readonly landscapeId?: string | null;
  readonly applicationId?: string | null;
}

export const scopeLevels = ['clusterId', 'projectId', 'landscapeId', 'applicationId'] as const;
export type ScopeLevel = (typeof scopeLevels)[number];

/** What a list may show: rows within one of `allow` and none of `deny`. */
export interface DataFilter {
  readonly allow: readonly Scope[];
  readonly deny: readonly Scope[];
}

export const levelsOf = (scope: Scope): ScopeLevel[] => scopeLevels.filter((level) => scope[level] != null);

/**
 * Does an allowed scope cover the record? Exactly: each level of the scope is the record's. For reading, also the
 * records above the scope are covered (who may see one environment may see its project): levels that the record
 * does not have are passed over, as long as one level agrees.
 */
export function covers(scope: Scope, record: Scope, reading: boolean): boolean {
  const levels = levelsOf(scope);
  if (levels.length === 0) return true;
  const known = reading ? levels.filter((level) => record[level] != null) : levels;
  return known.length > 0 && known.every((level) => scope[level] === record[level]);
}

/** A denial concerns a record only when each of its levels is the record's. */
export const denies = (scope: Scope, record: Scope): boolean =>
  levelsOf(scope).every((level) => scope[level] === record[level]);

/** Equal for equal scopes. */
export const levelsText = (scope: Scope): string =>
  JSON.stringify(scopeLevels.map((level) => scope[level] ?? null));

/** The scope within both; none when they name different records. */
export function intersection(one: Scope, other: Scope): Scope[] {
  const merged: Record<string, string> = {};
  for (const level of scopeLevels) {
    const [a, b] = [one[level], other[level]];
    if (a != null && b != null && a !== b) return [];
    const value = a ?? b;
    if (value != null) merged[level] = value;
  }
  return [merged];
}
