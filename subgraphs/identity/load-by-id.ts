import DataLoader from 'dataloader';
import type { RequestContext } from '../shared/request-context.js';

/**
 * One record of those that `listByIds` finds, asked for together with all others of the operation; null when it is
 * absent or the caller may not see it.
 */
export function loadById<T extends { id: string }>(
  { loaders }: RequestContext,
  key: symbol,
  id: string,
  listByIds: (ids: readonly string[]) => Promise<T[]>,
): Promise<T | null> {
  const make = () =>
    new DataLoader<string, T | null>(async (ids) => {
      const byId = new Map((await listByIds(ids)).map((record) => [record.id, record]));
      return ids.map((each) => byId.get(each) ?? null);
    });
  return loaders.get(key, make).load(id);
}
