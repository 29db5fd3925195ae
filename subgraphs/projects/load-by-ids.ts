import DataLoader from 'dataloader';
import type { RequestContext } from '../shared/request-context.js';

/** One record by its key, together with all others that the same operation asks for under `loader`. */
export function loadByIds<T>(
  { loaders }: RequestContext,
  loader: symbol,
  mapByIds: (ids: readonly string[]) => Promise<Map<string, T>>,
  id: string,
): Promise<T | undefined> {
  return loaders
    .get(
      loader,
      () =>
        new DataLoader<string, T | undefined>(async (ids) => {
          const found = await mapByIds(ids);
          return ids.map((key) => found.get(key));
        }),
    )
    .load(id);
}
