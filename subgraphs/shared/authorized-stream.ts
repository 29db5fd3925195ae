import { whileNotAborted } from './abortable.js';
import type { SignedInCaller } from './caller.js';
import type { Clock } from './clock.js';
import type { DomainEvents } from './domain-events.js';
import {
  ForbiddenError,
  MeridianError,
  NotFoundError,
  TimeoutError,
  UnauthenticatedError,
} from './errors.js';

/** How often a running stream's permission is checked again, besides at every identity event. */
const recheckMilliseconds = 2_000;

/**
 * A stream that ends with an error as soon as `check` throws (permission revoked, user disabled, signed out) or the
 * token expires, also while nothing is sent (reliability.md SU-5, SU-6). Nothing passes after that. When the check
 * itself can't be made the stream ends too: nobody goes on unchecked.
 */
export function whileAuthorized<T>(
  source: AsyncIterable<T>,
  options: {
    readonly caller: SignedInCaller;
    readonly check: () => Promise<unknown>;
    readonly clock: Clock;
    readonly events: Pick<DomainEvents, 'on'>;
  },
): AsyncIterableIterator<T> {
  const refusal = new AbortController();
  const refuse = (error: unknown): void => refusal.abort(endOf(error));
  const recheck = (): void => {
    if (options.caller.expiresAt <= options.clock.now()) {
      refuse(
        new UnauthenticatedError('Your token has expired: sign in again and resume with the last cursor.'),
      );
    } else {
      options.check().catch(refuse);
    }
  };
  const timer = setInterval(recheck, recheckMilliseconds);
  timer.unref();
  const unsubscribe = options.events.on('identity.changed', recheck);
  const cleanUp = (): void => {
    clearInterval(timer);
    unsubscribe();
  };
  refusal.signal.addEventListener('abort', cleanUp, { once: true });

  const stream = whileNotAborted(source, refusal.signal, (item) => item);
  return {
    async next() {
      try {
        const result = await stream.next();
        if (result.done) cleanUp();
        return result;
      } catch (error) {
        cleanUp();
        throw error;
      }
    },
    async return() {
      cleanUp();
      await stream.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What the reader is told when a check fails. */
function endOf(error: unknown): MeridianError {
  // The reader has seen it until now: that it exists is no secret, and that the right to it is gone is the news.
  if (error instanceof NotFoundError) {
    return new ForbiddenError(null, 'You may no longer see what this stream shows, or it is gone.');
  }
  if (error instanceof MeridianError) return error;
  return new TimeoutError(
    'Your permission for this stream could not be checked: subscribe again, with the last cursor.',
  );
}
