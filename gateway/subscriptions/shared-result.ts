import { BoundedQueue } from '../../subgraphs/shared/bounded-queue.js';
import { mapInOrder } from './in-order.js';
import type { Payload } from './payload.js';
import type { SubscriptionRequest } from './resumable.js';
import type { Feed, Subscriber } from './subscriber.js';

/** Events whose entities are being fetched at once; they are delivered in order. */
export const eventsUnderWay = 8;
/** Then everything else gets a turn: a source that always has an event ready must not keep the process to itself. */
const eventsPerTurn = 16;
/** The same within one event: ten thousand take a tenth of a second. */
const subscribersPerTurn = 1_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An event of an upstream, by its count there. */
export interface UpstreamEvent<T> {
  readonly sequence: number;
  /** The place in the stream right after it; undefined when it has none of its own. */
  readonly cursor: string | undefined;
  readonly value: T;
}

export interface SharedResultOptions<T> {
  readonly request: SubscriptionRequest;
  /** The upstream's count when it begins. */
  readonly sequence: number;
  readonly complete: (event: T) => Promise<Payload>;
  /** After each event, and when a subscriber left or drained: the upstream may have room again. */
  readonly onProgress: () => void;
  /** Everybody who takes part has the events up to `at`. */
  readonly onPlace: (result: SharedResult<T>) => void;
  readonly onTooSlow: (subscriber: Subscriber, payload: Payload) => void;
  readonly onEnd: (
    subscribers: readonly Subscriber[],
    failure: { readonly error: unknown } | undefined,
  ) => void;
}

/**
 * One operation with one set of variables over an upstream: every event is completed and made into text once, and
 * given to all subscribers. The slowest does not count: it goes on as long as one of them has room.
 */
export class SharedResult<T> implements Feed {
  readonly subscribers = new Set<Subscriber>();
  /** Count and place of the last event delivered. */
  delivered: number;
  at: string | undefined;
  readonly #queue = new BoundedQueue<UpstreamEvent<T>>({
    // The upstream waits long before.
    limit: Number.POSITIVE_INFINITY,
    onOverflow: (items) => items,
  });
  #pushed: number;
  #roomMade: () => void = () => undefined;

  constructor(readonly options: SharedResultOptions<T>) {
    this.delivered = options.sequence;
    this.#pushed = options.sequence;
    void this.#run();
  }

  /** Events that are not delivered yet. */
  get behind(): number {
    return this.#pushed - this.delivered;
  }

  push(event: UpstreamEvent<T>): void {
    this.#pushed = event.sequence;
    this.#queue.push(event);
  }

  /** What waits is still delivered. */
  end(): void {
    this.#queue.end();
  }

  fail(error: unknown): void {
    this.#queue.fail(error);
  }

  add(subscriber: Subscriber, after: number): void {
    subscriber.feed = this;
    // Equal in everything: ten thousand copies would be several megabytes.
    const { request } = this.options;
    if (subscriber.request.start === request.start && subscriber.request.streamKey === request.streamKey) {
      subscriber.request = request;
    }
    subscriber.after = after;
    this.subscribers.add(subscriber);
    this.#roomMade();
  }

  remove(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
    if (this.subscribers.size === 0) void this.#queue.return();
    this.#roomMade();
    this.options.onProgress();
  }

  drained(subscriber: Subscriber): void {
    const { missed } = subscriber;
    subscriber.missed = undefined;
    if (missed) subscriber.receiver.next(missed);
    this.#roomMade();
  }

  async #run(): Promise<void> {
    const completed = mapInOrder(this.#queue, eventsUnderWay, async (event) => ({
      event,
      payload: await this.options.complete(event.value),
    }));
    try {
      let events = 0;
      for await (const { event, payload } of completed) {
        await this.#deliver(event, payload);
        await this.#room();
        this.options.onProgress();
        events += 1;
        if (events % eventsPerTurn === 0) await turn();
      }
      this.options.onEnd([...this.subscribers], undefined);
    } catch (error) {
      this.options.onEnd([...this.subscribers], { error });
    }
  }

  async #deliver({ sequence, cursor }: UpstreamEvent<T>, payload: Payload): Promise<void> {
    const alone = this.subscribers.size === 1;
    let given = 0;
    for (const subscriber of this.subscribers) {
      given += 1;
      if (given % subscribersPerTurn === 0) await turn();
      // One that has left meanwhile is no longer in the set, and one that has come waits for a later event.
      if (sequence <= subscriber.after) continue;
      if (!alone && (subscriber.missed || subscriber.receiver.room === 'overfull')) {
        this.options.onTooSlow(subscriber, payload);
        continue;
      }
      subscriber.missed = undefined;
      subscriber.receiver.next(payload);
      if (cursor !== undefined) subscriber.cursor = cursor;
    }
    this.delivered = sequence;
    this.at = cursor;
    if (cursor !== undefined) this.options.onPlace(this);
  }

  /** Until somebody has room, or nobody is there. */
  async #room(): Promise<void> {
    while (!this.#hasRoom()) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
      });
    }
  }

  #hasRoom(): boolean {
    for (const { receiver } of this.subscribers) if (receiver.room === 'free') return true;
    return this.subscribers.size === 0;
  }
}
