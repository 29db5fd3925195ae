import type { GraphQLFormattedError } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Clock } from '../../subgraphs/shared/clock.js';
import { noLongerVisible, RateLimitedError } from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskErrors, StreamErrors } from '../../subgraphs/shared/masked-result.js';
import type { PlanExecutor, Sources } from '../execute/execute-plan.js';
import { asGraphQLError } from '../graphql-error.js';
import type { Operation } from '../operations/operation.js';
import type { Checked } from '../operations/operations.js';
import type { Generations } from '../supergraph/generations.js';
import { CallersWatch, tokenExpired } from './callers-watch.js';
import type { Payload } from './payload.js';
import { subscriptionRequest } from './resumable.js';
import { SharedUpstreams } from './shared-upstreams.js';
import type { SharingScopes } from './sharing-scopes.js';
import { type Feed, type Receiver, Subscriber, type Subscription, sameCredential } from './subscriber.js';
import type { Upstream } from './upstream.js';

/** Over which the streams of one schema are re-opened with the next. */
const refitMilliseconds = 5_000;
/** The same when permissions change: of a role perhaps that everybody has. */
const otherScopeMilliseconds = 1_000;

export interface HubDependencies {
  readonly sources: Sources;
  readonly executor: PlanExecutor;
  readonly scopes: SharingScopes;
  readonly generations: Pick<Generations, 'use' | 'current'>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** From 0 to 1: spreads what would come at one moment. */
  readonly random: () => number;
}

/**
 * All subscriptions of a gateway, from their beginning to their end. They are shared on two levels
 * (shared-upstreams.ts): one upstream for those who ask a subgraph for the same events (resumable.ts) and may share
 * them (sharing-scopes.ts), and on top of it one result for the same operation with the same variables. A subscription
 * can change what it is attached to at any time, because its cursor says where it is: one that reads too slowly leaves
 * and goes on later, one that came later joins the others once it has caught up.
 */
export class SubscriptionHub {
  readonly #upstreams: SharedUpstreams;
  readonly #subscribers = new Set<Subscriber>();
  readonly #watch: CallersWatch;
  /** Those that have left a feed and go on elsewhere soon. */
  readonly #leaving = new Map<Feed, Subscriber[]>();

  constructor(private readonly parts: HubDependencies) {
    const { scopes, clock } = parts;
    this.#upstreams = new SharedUpstreams({
      ...parts,
      onTooFarBehind: (subscriber) => this.#move(subscriber),
      onTooSlow: (subscriber, payload) => this.#giveWay(subscriber, payload),
      onEnd: (upstream, subscribers, failure) => this.#ended(upstream, subscribers, failure),
    });
    this.#watch = new CallersWatch(this.#subscribers, {
      scopes,
      clock,
      onExpired: (subscriber) => this.#expire(subscriber),
      // It goes on alone, and is refused there or not.
      onOtherScope: (subscriber) => {
        subscriber.permissionsChanged = true;
        this.#moveSoon(subscriber);
      },
    });
  }

  /** How many there are now: subscriptions of clients, and streams from subgraphs behind them. */
  get size(): { readonly subscriptions: number; readonly upstreams: number } {
    return { subscriptions: this.#subscribers.size, upstreams: this.#upstreams.size };
  }

  /** `onEnd` is called once, however the subscription ends. */
  subscribe(
    {
      operation,
      variables,
      caller,
    }: {
      readonly operation: Operation;
      readonly variables: Readonly<Record<string, unknown>>;
      readonly caller: Caller;
    },
    receiver: Receiver,
    onEnd: () => void,
  ): Subscription {
    const request = subscriptionRequest(operation, variables);
    const subscriber = new Subscriber(operation, request, variables, caller, receiver);
    this.#subscribers.add(subscriber);
    subscriber.onEnd = onEnd;
    subscriber.releaseGeneration = this.parts.generations.use(operation.generation);
    this.#watch.start();
    void this.#join(subscriber);
    return {
      leave: () => this.#end(subscriber),
      drained: () => {
        if (subscriber.ended) return;
        if (!subscriber.parked) return subscriber.feed?.drained(subscriber);
        subscriber.parked = false;
        void this.#join(subscriber);
      },
    };
  }

  /**
   * A new schema: `prepare` checks and plans an operation with it. Each stream is taken up again with the new plan at
   * its cursor, at a random moment of the next seconds; one that has no cursor goes on as it was planned. What the new
   * schema doesn't take any more ends with an error that says so.
   */
  refit(
    prepare: (operation: Operation, variables: Subscriber['variables'], caller: Caller) => Checked,
  ): void {
    const feeds = new Map<Subscriber['feed'], Subscriber[]>();
    for (const subscriber of this.#subscribers) {
      const group = feeds.get(subscriber.feed);
      if (group) group.push(subscriber);
      else feeds.set(subscriber.feed, [subscriber]);
    }
    for (const group of feeds.values()) {
      const wait = this.parts.random() * refitMilliseconds;
      setTimeout(() => {
        for (const subscriber of group) if (!subscriber.ended) void this.#refit(subscriber, prepare);
      }, wait).unref();
    }
  }

  async #refit(subscriber: Subscriber, prepare: Parameters<SubscriptionHub['refit']>[0]): Promise<void> {
    const { logger, generations } = this.parts;
    const prepared = prepare(subscriber.operation, subscriber.variables, subscriber.caller);
    if ('errors' in prepared) {
      const errors = maskErrors(prepared.errors, subscriber.caller, logger).map((error) => ({
        ...error,
        message: `The schema has changed, and this subscription no longer fits it: ${error.message}`,
      }));
      this.#fail(subscriber, errors);
      return;
    }
    if (!subscriber.request.cursorOf) return;
    const { operation } = prepared;
    if (operation.generation === subscriber.operation.generation) return;
    try {
      // Nobody's fault: not refused for others who wait.
      await operation.planning(null);
    } catch (error) {
      logger.warn({ error }, 'a subscription goes on as the superseded supergraph planned it');
      return;
    }
    // Another update came meanwhile: it has the last word.
    if (subscriber.ended || operation.generation !== generations.current) return;
    subscriber.releaseGeneration();
    subscriber.releaseGeneration = generations.use(operation.generation);
    subscriber.operation = operation;
    subscriber.request = subscriptionRequest(operation, subscriber.variables);
    if (!subscriber.parked) this.#move(subscriber);
  }

  /** Goes on at its cursor, wherever that is now. */
  #move(subscriber: Subscriber): void {
    subscriber.detach();
    void this.#join(subscriber);
  }

  /**
   * Gets nothing more from where it is, and goes on within a second: a role that is edited must not have thousands of
   * streams opened at one moment. Those that watched the same go together and share again what they may.
   */
  #moveSoon(subscriber: Subscriber): void {
    const { feed } = subscriber;
    if (!feed || !subscriber.request.cursorOf) {
      this.#move(subscriber);
      return;
    }
    subscriber.detach();
    const others = this.#leaving.get(feed);
    if (others) {
      others.push(subscriber);
      return;
    }
    const group = [subscriber];
    this.#leaving.set(feed, group);
    setTimeout(() => {
      this.#leaving.delete(feed);
      for (const each of group) void this.#join(each);
    }, this.parts.random() * otherScopeMilliseconds).unref();
  }

  async #join(subscriber: Subscriber): Promise<void> {
    const { operation, request, caller } = subscriber;
    const scope = await this.parts.scopes.of(operation, request, caller);
    if (subscriber.ended || subscriber.feed || subscriber.parked || subscriber.request !== request) return;
    subscriber.scope = scope;
    this.#upstreams.attach(subscriber);
  }

  #giveWay(subscriber: Subscriber, payload: Payload): void {
    const { request } = subscriber;
    if (this.parts.scopes.policyOf(request).hint) {
      subscriber.missed = payload;
    } else if (request.cursorOf) {
      subscriber.detach();
      subscriber.parked = true;
    } else {
      const error = new RateLimitedError(
        'You read this stream too slowly, and it can not be taken up where you are: subscribe again.',
      );
      this.#fail(subscriber, maskErrors([error], subscriber.caller, this.parts.logger));
    }
  }

  #ended(
    upstream: Upstream,
    subscribers: readonly Subscriber[],
    failure: { readonly error: unknown } | undefined,
  ): void {
    if (!failure) {
      for (const subscriber of subscribers) {
        this.#end(subscriber);
        subscriber.receiver.complete();
      }
      return;
    }
    const { caller } = upstream.scope;
    // They have to be refused, or served, for themselves.
    const others = concernsCaller(failure.error)
      ? subscribers.filter((subscriber) => !sameCredential(subscriber.caller, caller))
      : [];
    for (const subscriber of others) this.#move(subscriber);
    const errorsOf = (error: unknown) => maskErrors([asGraphQLError(error)], caller, this.parts.logger);
    const errors = others.length < subscribers.length ? errorsOf(failure.error) : [];
    for (const subscriber of subscribers) {
      if (others.includes(subscriber)) continue;
      // Of what it has watched until now it is no secret that it exists.
      const hidden = subscriber.permissionsChanged && hasCode(failure.error, ['NOT_FOUND']);
      this.#fail(subscriber, hidden ? errorsOf(noLongerVisible()) : errors);
    }
  }

  #fail(subscriber: Subscriber, errors: readonly GraphQLFormattedError[]): void {
    if (subscriber.ended) return;
    this.#end(subscriber);
    subscriber.receiver.fail(errors);
  }

  #end(subscriber: Subscriber): void {
    if (subscriber.ended) return;
    subscriber.ended = true;
    this.#subscribers.delete(subscriber);
    subscriber.detach();
    subscriber.releaseGeneration();
    subscriber.onEnd();
    if (this.#subscribers.size === 0) this.#watch.stop();
  }

  #expire(subscriber: Subscriber): void {
    this.#fail(subscriber, maskErrors([tokenExpired()], subscriber.caller, this.parts.logger));
  }
}

/** Whether the subgraph refused the one in whose name the stream was open, which says nothing of the others. */
const concernsCaller = (error: unknown): boolean =>
  hasCode(error, ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND']);

function hasCode(error: unknown, codes: readonly unknown[]): boolean {
  const errors =
    error instanceof StreamErrors ? error.errors : [error as { extensions?: { code?: unknown } }];
  return errors.some(({ extensions }) => codes.includes(extensions?.['code']));
}
