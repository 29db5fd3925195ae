import DataLoader from 'dataloader';

/** Records of one question: what thousands ask for at one moment is asked in slices. */
const recordsAtOnce = 500;

/**
 * One record by its id, as it is now. What is asked for at one moment, by whomever, is asked of the database together:
 * thousands of streams look at the same moment whether their record may still be seen (stream-guard.ts). Who asks for
 * the same gets the same object, which is to be looked at only.
 */
export function loadTogether<T extends { readonly id: string }>(
  listByIds: (ids: readonly string[]) => Promise<readonly T[]>,
): (id: string) => Promise<Readonly<T> | undefined> {
  const loader = new DataLoader<string, T | undefined>(
    async (ids) => {
      const found = new Map((await listByIds([...new Set(ids)])).map((record) => [record.id, record]));
      return ids.map((id) => found.get(id));
    },
    // Nothing is remembered: it may have changed by the next moment.
    { cache: false, maxBatchSize: recordsAtOnce },
  );
  return (id) => loader.load(id);
}
