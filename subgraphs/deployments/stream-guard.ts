import { whileAuthorized } from '../shared/authorized-stream.js';
import type { Caller, SignedInCaller } from '../shared/caller.js';
import type { Clock } from '../shared/clock.js';
import type { DomainEvents } from '../shared/domain-events.js';
import { UnauthenticatedError } from '../shared/errors.js';

/** Ends streams with the right to see them. */
export class StreamGuard {
  constructor(
    private readonly clock: Clock,
    private readonly events: Pick<DomainEvents, 'on'>,
  ) {}

  /** `check` has passed once before the stream was opened; it is asked again while the stream runs. */
  guard<T>(
    caller: Caller,
    source: AsyncIterable<T>,
    check: () => Promise<unknown>,
  ): AsyncIterableIterator<T> {
    if (caller.userId === null) throw new UnauthenticatedError();
    const signedIn: SignedInCaller = caller;
    return whileAuthorized(source, { caller: signedIn, check, clock: this.clock, events: this.events });
  }
}
