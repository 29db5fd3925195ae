/** Settles with the promise, or rejects with the signal's reason if that comes first; `onLate` gets a value that came too late. */
export function abortable<T>(
  promise: PromiseLike<T>,
  signal: AbortSignal,
  onLate?: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', abort);
        if (signal.aborted) onLate?.(value);
        else resolve(value);
      },
      (error) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}

/**
 * Maps a stream, one item after the other, until it ends, the reader leaves or the signal is aborted. In the last two
 * cases `next` answers `done` at once, even while the source is silent, and the source is told to return.
 */
export function whileNotAborted<T, R>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
  map: (item: T) => Promise<R> | R,
): AsyncIterableIterator<R> {
  const iterator = source[Symbol.asyncIterator]();
  const done: IteratorResult<R> = { value: undefined, done: true };
  // Only the read that waits now: racing every read against one long-lived promise would leak a reaction for each.
  let leave: (result: IteratorResult<R>) => void = () => undefined;
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    signal.removeEventListener('abort', end);
    leave(done);
    // A generator that waits for its next item returns only after that: nobody waits for it.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });

  const pull = async (): Promise<IteratorResult<R>> => {
    try {
      const item = await iterator.next();
      if (!item.done) return { value: await map(item.value), done: false };
      end();
      return done;
    } catch (error) {
      // The reader gets the error, not `done`.
      leave = () => undefined;
      end();
      throw error;
    }
  };

  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (ended) {
          resolve(done);
          return;
        }
        leave = resolve;
        pull().then(resolve, reject);
      }),
    async return() {
      end();
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
