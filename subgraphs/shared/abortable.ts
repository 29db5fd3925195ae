import { setMaxListeners } from 'node:events';
import { MeridianError } from './errors.js';

/** Why work is given up for which nobody waits any more: the expected end of it, and no fault to be logged. */
export class NobodyWaitsError extends Error {
  override readonly name = 'NobodyWaitsError';
}

/** An AbortController whose signal any number of fetches and resolvers may listen to without a warning. */
export function sharedAbortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

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
 * cases the reader has its answer at once, even while the source is silent, and the source is told to return. A
 * signal aborted with one of Meridian's errors (a token that expired, say) throws it to the reader; any other reason
 * just ends the stream.
 */
export function whileNotAborted<T, R>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
  map: (item: T) => Promise<R> | R,
): AsyncIterableIterator<R> {
  const iterator = source[Symbol.asyncIterator]();
  const done: IteratorResult<R> = { value: undefined, done: true };
  // Only the read that waits now: racing every read against one long-lived promise would leak a reaction for each.
  let reader: { resolve: (result: IteratorResult<R>) => void; reject: (error: unknown) => void } | undefined;
  let ended = false;
  let untold: MeridianError | undefined;

  const end = (): void => {
    if (ended) return;
    ended = true;
    signal.removeEventListener('abort', onAbort);
    // A generator that waits for its next item returns only after that: nobody waits for it.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  };
  const settle = (how: (waiting: NonNullable<typeof reader>) => void): void => {
    const waiting = reader;
    reader = undefined;
    if (waiting) how(waiting);
  };
  const onAbort = (): void => {
    end();
    const error = signal.reason instanceof MeridianError ? signal.reason : undefined;
    if (error && reader) settle(({ reject }) => reject(error));
    else untold = error;
    settle(({ resolve }) => resolve(done));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });

  const read = async (): Promise<void> => {
    try {
      const item = await iterator.next();
      if (item.done) end();
      const result = item.done ? done : { value: await map(item.value), done: false };
      settle(({ resolve }) => resolve(result));
    } catch (error) {
      end();
      settle(({ reject }) => reject(error));
    }
  };

  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (untold) {
          reject(untold);
          untold = undefined;
        } else if (ended) {
          resolve(done);
        } else {
          reader = { resolve, reject };
          void read();
        }
      }),
    async return() {
      end();
      settle(({ resolve }) => resolve(done));
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
