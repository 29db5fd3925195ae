/**
 * Maps a stream with several items under way at once, and hands the results out in the order of the items. It reads
 * ahead by no more than `concurrency` items: a reader that is slow slows the source.
 */
export async function* mapInOrder<T, R>(
  source: AsyncIterable<T>,
  concurrency: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const underWay: Promise<IteratorResult<R>>[] = [];
  let reading: Promise<IteratorResult<T>> = Promise.resolve({ value: undefined as T, done: false });
  const readOne = (): void => {
    reading = reading.then((last) => (last.done ? last : iterator.next()));
    const mapped = reading.then(
      async (item): Promise<IteratorResult<R>> =>
        item.done ? { value: undefined, done: true } : { value: await map(item.value), done: false },
    );
    // Whoever takes it from the queue sees the error; until then nobody may be looking.
    mapped.catch(() => undefined);
    underWay.push(mapped);
  };
  try {
    for (;;) {
      while (underWay.length < concurrency) readOne();
      const next = await underWay.shift();
      if (!next || next.done) return undefined;
      yield next.value;
    }
  } finally {
    // It may still be waiting for an item, and returns after that.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
