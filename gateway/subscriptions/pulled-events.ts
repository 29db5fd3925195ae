import type { GraphQLFormattedError } from 'graphql';
import { BoundedQueue } from '../../subgraphs/shared/bounded-queue.js';
import { StreamErrors } from '../../subgraphs/shared/masked-result.js';
import type { Payload } from './payload.js';
import type { Receiver, Subscription } from './subscriber.js';

/** What may wait for a reader before it is taken out of those that others share: in characters of JSON. */
const mostWaiting = 1_024 * 1_024;

/**
 * A subscription as something to read from, for transports that write one event after the other. The source is asked
 * for more only when everything was taken. Throws StreamErrors, masked, when it ends with an error.
 */
export function pulledEvents(
  subscribe: (receiver: Receiver) => Subscription,
): AsyncIterableIterator<Payload> {
  let waiting = 0;
  /** The reader has taken everything and waits. */
  let reading = false;
  let subscription: Subscription | undefined;
  const queue = new BoundedQueue<Payload>({
    limit: Number.POSITIVE_INFINITY,
    onOverflow: (items) => items,
    onClose: () => subscription?.leave(),
  });
  subscription = subscribe({
    next(payload) {
      // Only what has to wait is weighed.
      if (!reading) waiting += payload.text.length;
      reading = false;
      queue.push(payload);
    },
    complete: () => queue.end(),
    fail: (errors: readonly GraphQLFormattedError[]) => queue.fail(new StreamErrors(errors)),
    get room() {
      if (waiting > mostWaiting) return 'overfull';
      return reading ? 'free' : 'full';
    },
  });

  const events: AsyncIterableIterator<Payload> = {
    async next() {
      if (queue.size === 0) {
        waiting = 0;
        reading = true;
        subscription?.drained();
      }
      return queue.next();
    },
    return: async () => {
      await queue.return();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => events,
  };
  return events;
}
