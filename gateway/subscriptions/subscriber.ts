import type { GraphQLFormattedError } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Operation } from '../operations/operation.js';
import type { Payload } from './payload.js';
import type { SubscriptionRequest } from './resumable.js';

/** Where the events of one subscription go: one operation on a socket, or one streamed response. */
export interface Receiver {
  /** Never called once `complete` or `fail` was, nor after the subscription was left. */
  next(payload: Payload): void;
  complete(): void;
  /** The errors are masked. */
  fail(errors: readonly GraphQLFormattedError[]): void;
  /**
   * How much waits here for the client: `full` asks the source to wait when nobody else reads from it, and at
   * `overfull` the subscription is taken out of those that others share. `Subscription.drained` ends both.
   */
  readonly room: 'free' | 'full' | 'overfull';
}

/** What a transport has in its hands. */
export interface Subscription {
  /** The client has gone or wants no more: what only it needed ends at once. */
  leave(): void;
  /** The receiver is `free` again. */
  drained(): void;
}

/** Of an operation that was refused: its receiver has been told, and nothing runs. */
export const refusedSubscription: Subscription = { leave: () => undefined, drained: () => undefined };

/** What a subscriber is attached to: the events of one operation with one set of variables. */
export interface Feed {
  remove(subscriber: Subscriber): void;
  drained(subscriber: Subscriber): void;
}

/** One subscription of one client, wherever its events come from at the moment. */
export class Subscriber {
  feed: Feed | undefined;
  /** Only events after this one, by the upstream's count, are news to it. */
  after = 0;
  /** Of the last event delivered, or what the client began with. */
  cursor: string | undefined;
  /** The newest hint, while the client takes none. */
  missed: Payload | undefined;
  /** Left its feed for reading too slowly; goes on when it has drained. */
  parked = false;
  ended = false;
  /** Since it began: what is hidden from it now it may have seen before. */
  permissionsChanged = false;
  /** Who may share with it, as last found out. */
  scope = '';

  /** Called once, when it has ended. */
  onEnd: () => void = () => undefined;
  releaseGeneration: () => void = () => undefined;

  constructor(
    public operation: Operation,
    public request: SubscriptionRequest,
    readonly variables: Readonly<Record<string, unknown>>,
    readonly caller: Caller,
    readonly receiver: Receiver,
  ) {
    this.cursor = request.start;
  }

  detach(): void {
    this.feed?.remove(this);
    this.feed = undefined;
  }
}

/** Two subscriptions that any subgraph answers alike: the same user by the same credential. */
export const sameCredential = (one: Caller, other: Caller): boolean =>
  credentialOf(one) === credentialOf(other);

export const credentialOf = (caller: Caller): string =>
  caller.userId === null ? 'anonymous' : `${caller.userId} ${caller.credentialId}`;
