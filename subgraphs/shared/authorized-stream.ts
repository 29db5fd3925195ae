import type { SignedInCaller } from './caller.js';
import type { Clock } from './clock.js';
import type { DomainEvents } from './domain-events.js';
import { UnauthenticatedError } from './errors.js';

/** How often a running stream's permission is checked again, besides at every identity event. */
const recheckMilliseconds = 2_000;

/**
 * A stream that ends with an error as soon as `check` throws (permission revoked, user disabled, signed out) or the
 * token expires, also while nothing is sent (reliability.md SU-5, SU-6). Nothing passes after that.
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
  const iterator = source[Symbol.asyncIterator]();
  const { promise: refused, reject: refuse } = withResolvers<never>();
  // Nobody may be waiting when it is refused; the next call to next() sees it.
  refused.catch(() => undefined);
  let ended = false;

  const recheck = (): void => {
    if (options.caller.expiresAt <= options.clock.now()) {
      stop(
        new UnauthenticatedError('Your token has expired: sign in again and resume with the last cursor.'),
      );
      return;
    }
    options.check().catch(stop);
  };
  const timer = setInterval(recheck, recheckMilliseconds);
  timer.unref();
  const unsubscribe = options.events.on('identity.changed', recheck);

  const cleanUp = (): void => {
    ended = true;
    clearInterval(timer);
    unsubscribe();
  };
  function stop(error: unknown): void {
    if (ended) return;
    cleanUp();
    refuse(error);
    void iterator.return?.();
  }

  return {
    async next() {
      try {
        const result = await Promise.race([refused, iterator.next()]);
        if (result.done) cleanUp();
        return result;
      } catch (error) {
        cleanUp();
        throw error;
      }
    },
    async return() {
      cleanUp();
      await iterator.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function withResolvers<T>(): { promise: Promise<T>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((_, no) => {
    reject = no;
  });
  return { promise, reject };
}
