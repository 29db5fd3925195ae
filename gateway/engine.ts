import { type ExecutionResult, OperationTypeNode } from 'graphql';
import { abortable, NobodyWaitsError } from '../subgraphs/shared/abortable.js';
import type { Caller } from '../subgraphs/shared/caller.js';
import { type MeridianError, RateLimitedError, TimeoutError } from '../subgraphs/shared/errors.js';
import { maskErrors } from '../subgraphs/shared/masked-result.js';
import { Admission, type AdmissionDependencies } from './admission.js';
import { PlanExecutor, type Sources } from './execute/execute-plan.js';
import { asGraphQLError } from './graphql-error.js';
import type { GatewayMetrics } from './metrics/gateway-metrics.js';
import type { Operation } from './operations/operation.js';
import { RefusedOperationError } from './operations/refused-operation.js';
import { SubscriptionAllowance } from './subscriptions/allowance.js';
import { awaitedSubscription } from './subscriptions/awaited-subscription.js';
import type { Payload } from './subscriptions/payload.js';
import type { StreamPolicies } from './subscriptions/policy.js';
import { pulledEvents } from './subscriptions/pulled-events.js';
import { type PermissionFingerprints, SharingScopes } from './subscriptions/sharing-scopes.js';
import { type Receiver, refusedSubscription, type Subscription } from './subscriptions/subscriber.js';
import { SubscriptionHub } from './subscriptions/subscription-hub.js';
import type { Generation } from './supergraph/generation.js';
import { RequestLog } from './transport/request-log.js';
import { ServerTiming } from './transport/server-timing.js';

export const engineLimits = {
  requestMilliseconds: 30_000,
  runningOperations: 1_000,
  subscriptionsPerUser: 100,
} as const;

/** Who asks for a query or mutation, and how its work is stopped. */
export interface ExecutionScope {
  readonly caller: Caller;
  /** Of this operation alone. The transport aborts it when the client leaves, the engine when the time is up. */
  readonly controller: AbortController;
}

export interface EngineDependencies extends AdmissionDependencies {
  readonly sources: Sources;
  /** Lets users with the same permissions share streams; without it each has their own. */
  readonly permissions?: PermissionFingerprints | undefined;
  /** For tests with streams of their own. */
  readonly streamPolicies?: StreamPolicies | undefined;
  /** From 0 to 1: spreads what would come at one moment. */
  readonly random?: (() => number) | undefined;
}

/**
 * What every transport hands its operations to. The errors in its results are as they came, and a transport masks
 * them on the way out; those of its streams are masked, once for all who share them.
 */
export class Engine {
  /** Every operation comes in through it, before it is executed or subscribed to. */
  readonly admission: Admission;
  readonly metrics: GatewayMetrics;
  readonly requests: RequestLog;
  readonly #executor: PlanExecutor;
  readonly #allowance = new SubscriptionAllowance(engineLimits.subscriptionsPerUser);
  readonly hub: SubscriptionHub;
  #running = 0;

  constructor(private readonly dependencies: EngineDependencies) {
    this.metrics = dependencies.metrics;
    this.requests = new RequestLog(dependencies.logger, dependencies.metrics);
    this.admission = new Admission(dependencies);
    dependencies.generations.onChange(() =>
      this.hub.refit((operation, variables, caller) => this.admission.recheck(operation, variables, caller)),
    );
    this.#executor = new PlanExecutor(dependencies.sources);
    this.metrics.gauge('operations_running', 'Queries and mutations that run.', () => this.#running);
    this.metrics.gauge(
      'subscriptions_open',
      'Subscriptions that clients have open.',
      () => this.#allowance.open,
    );
    this.hub = new SubscriptionHub({
      ...dependencies,
      executor: this.#executor,
      scopes: new SharingScopes(dependencies.permissions, dependencies.streamPolicies),
      random: dependencies.random ?? Math.random,
    });
  }

  /** What operations are prepared with now; those that run keep the one that they were prepared with. */
  get generation(): Generation {
    return this.dependencies.generations.current;
  }

  /** Plans a prepared query or mutation on its first use, and runs it: never rejects. */
  async execute(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    { caller, controller }: ExecutionScope,
    timing = new ServerTiming(),
  ): Promise<ExecutionResult> {
    if (operation.kind === OperationTypeNode.SUBSCRIPTION) return failed(needsStream());
    if (this.#running >= engineLimits.runningOperations) {
      return failed(new RateLimitedError('Too many requests are waiting. Try again in a second.', 1));
    }
    this.#running += 1;
    const release = this.dependencies.generations.use(operation.generation);
    const deadline = setTimeout(abortLate, engineLimits.requestMilliseconds, controller);
    let startedAt = performance.now();
    let planned = false;
    try {
      const planning = operation.planning(caller);
      if (planning) await abortable(planning, controller.signal);
      this.#executor.compile(operation);
      timing.add('plan', startedAt);
      planned = true;
      startedAt = performance.now();
      return await this.#executor.run(operation, variables, { caller, signal: controller.signal });
    } catch (error) {
      return planned ? { data: null, errors: [asGraphQLError(error)] } : failed(error);
    } finally {
      timing.add(planned ? 'execute' : 'plan', startedAt);
      clearTimeout(deadline);
      release();
      this.#running -= 1;
    }
  }

  /**
   * Opens a prepared subscription, once it is planned. What comes of it goes to the receiver, refusals too.
   *
   * @param onStart told once: nothing when it is opened, else why it never is
   */
  subscribe(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    caller: Caller,
    receiver: Receiver,
    onStart: (refusal?: unknown) => void = () => undefined,
  ): Subscription {
    let release = (): void => undefined;
    const refuse = (error: unknown): void => {
      release();
      onStart(error);
      receiver.fail(maskErrors([asGraphQLError(error)], caller, this.dependencies.logger));
    };
    const open = (): Subscription => {
      const subscription = this.hub.subscribe({ operation, variables, caller }, receiver, release);
      onStart();
      return subscription;
    };
    try {
      release = this.#allowance.take(caller);
      const planning = operation.planning(caller);
      if (!planning) return open();
      const onLeft = (): void => {
        release();
        onStart(new NobodyWaitsError('the client left'));
      };
      return awaitedSubscription(planning, open, { onFailed: refuse, onLeft });
    } catch (error) {
      refuse(error);
      return refusedSubscription;
    }
  }

  /** The same to read from, one event after the other. */
  events(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    caller: Caller,
  ): AsyncIterableIterator<Payload> {
    return pulledEvents((receiver) => this.subscribe(operation, variables, caller, receiver));
  }
}

const abortLate = (controller: AbortController): void =>
  controller.abort(
    new TimeoutError(
      `The request took longer than ${engineLimits.requestMilliseconds / 1_000} s. Whether a change took effect is unknown: read before you try again.`,
    ),
  );

const needsStream = (): MeridianError =>
  new RefusedOperationError(
    'A subscription needs a stream: open a WebSocket to this URL with the protocol graphql-transport-ws, or accept text/event-stream or multipart/mixed;subscriptionSpec=1.0.',
  );

const failed = (error: unknown): ExecutionResult => ({ errors: [asGraphQLError(error)] });
