import { whileNotAborted } from './abortable.js';
import type { Caller, SignedInCaller } from './caller.js';
import type { Clock } from './clock.js';
import type { DomainEvents } from './domain-events.js';
import {
  MeridianError,
  NotFoundError,
  noLongerVisible,
  TimeoutError,
  UnauthenticatedError,
} from './errors.js';
import { credentialsAtOnce } from './permissions.js';

/** How often the permissions of running streams are checked again, besides at every identity event. */
const recheckMilliseconds = 2_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Running {
  readonly caller: SignedInCaller;
  readonly check: () => Promise<unknown>;
  readonly refuse: (error: unknown) => void;
  checking: boolean;
  /** Something may have changed since the check that is under way began. */
  again: boolean;
}

/**
 * Ends streams with the right to see them, also while nothing is sent (reliability.md SU-5, SU-6). All streams of a
 * process are looked at together, so that what their checks ask of the database is asked in one go
 * (`Permissions`, load-together.ts): ten thousand cost little more than one.
 */
export class StreamGuard {
  readonly #running = new Set<Running>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    events: Pick<DomainEvents, 'on'>,
  ) {
    events.on('identity.changed', ({ userId }) => {
      for (const running of this.#running) {
        if (userId === null || running.caller.userId === userId) this.#look(running);
      }
    });
  }

  /**
   * A stream that ends with an error as soon as `check` throws (permission revoked, user disabled, signed out) or the
   * token expires. Nothing passes after that. When the check itself can't be made the stream ends too: nobody goes on
   * unchecked. `check` has passed once before the stream was opened.
   */
  guard<T>(
    caller: Caller,
    source: AsyncIterable<T>,
    check: () => Promise<unknown>,
  ): AsyncIterableIterator<T> {
    if (caller.userId === null) throw new UnauthenticatedError();
    const refusal = new AbortController();
    const refuse = (error: unknown): void => refusal.abort(endOf(error));
    const running: Running = { caller, check, refuse, checking: false, again: false };
    const cleanUp = (): void => this.#remove(running);
    refusal.signal.addEventListener('abort', cleanUp, { once: true });
    this.#add(running);

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

  #add(running: Running): void {
    this.#running.add(running);
    this.#timer ??= setInterval(() => void this.#lookAtAll(), recheckMilliseconds).unref();
  }

  #remove(running: Running): void {
    this.#running.delete(running);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #lookAtAll(): Promise<void> {
    const all = [...this.#running];
    for (let from = 0; from < all.length; from += credentialsAtOnce) {
      if (from > 0) await turn();
      for (const running of all.slice(from, from + credentialsAtOnce)) this.#look(running);
    }
  }

  #look(running: Running): void {
    if (!this.#running.has(running)) return;
    if (running.caller.expiresAt <= this.clock.now()) {
      running.refuse(
        new UnauthenticatedError('Your token has expired: sign in again and resume with the last cursor.'),
      );
    } else if (running.checking) running.again = true;
    else void this.#check(running);
  }

  async #check(running: Running): Promise<void> {
    running.checking = true;
    try {
      await running.check();
    } catch (error) {
      running.refuse(error);
    }
    running.checking = false;
    if (!running.again) return;
    running.again = false;
    this.#look(running);
  }
}

/** What the reader is told when a check fails. */
function endOf(error: unknown): MeridianError {
  if (error instanceof NotFoundError) return noLongerVisible();
  if (error instanceof MeridianError) return error;
  return new TimeoutError(
    'Your permission for this stream could not be checked: subscribe again, with the last cursor.',
  );
}
