export interface FieldChangeValue {
  path: string;
  before?: unknown;
  after?: unknown;
}

/**
 * The leaves that differ between two JSON values, sorted by path. Lists of objects with a `name` are compared by
 * name, so that an inserted item is one change and not a shift of all that follow.
 */
export function changedFields(before: unknown, after: unknown, path = ''): FieldChangeValue[] {
  if (Object.is(before, after)) return [];
  if (isPlainObject(before) && isPlainObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) =>
      changedFields(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const named = byName(before);
    const namedAfter = byName(after);
    if (named && namedAfter) return changedFields(named, namedAfter, path);
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
  }
  if ((before ?? null) === null && (after ?? null) === null) return [];
  return [{ path, before: before ?? null, after: after ?? null }];
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function byName(items: unknown[]): Record<string, unknown> | undefined {
  const entries = items.map((item) =>
    isPlainObject(item) && typeof item['name'] === 'string' ? ([item['name'], item] as const) : undefined,
  );
  if (entries.some((entry) => entry === undefined)) return undefined;
  const named = Object.fromEntries(entries as [string, unknown][]);
  return Object.keys(named).length === items.length ? named : undefined;
}
