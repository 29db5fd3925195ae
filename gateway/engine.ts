import type { executeQueryPlan } from '@apollo/gateway';
import { type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql';
import { sharedAbortController } from '../subgraphs/shared/abortable.js';
import type { Caller } from '../subgraphs/shared/caller.js';
import type { Clock } from '../subgraphs/shared/clock.js';
import {
  type MeridianError,
  RateLimitedError,
  TimeoutError,
  UnauthenticatedError,
} from '../subgraphs/shared/errors.js';
import type { Logger } from '../subgraphs/shared/logger.js';
import { PlanExecutor, type Sources } from './execute/execute-plan.js';
import { Documents } from './operations/documents.js';
import type { IntrospectionPolicy } from './operations/introspection.js';
import type { Operation } from './operations/operation.js';
import { type OperationRequest, Operations, type Prepared } from './operations/operations.js';
import { RefusedOperationError } from './operations/refused-operation.js';
import type { RequestScope } from './sources/source.js';
import { SubscriptionAllowance } from './subscriptions/allowance.js';
import { openSubscription } from './subscriptions/subscription.js';
import type { Generation } from './supergraph/generation.js';

export const engineLimits = {
  requestMilliseconds: 30_000,
  runningOperations: 1_000,
  subscriptionsPerUser: 100,
} as const;

export interface EngineDependencies {
  readonly generation: Generation;
  readonly sources: Sources;
  readonly introspection: IntrospectionPolicy;
  readonly executeQueryPlan: typeof executeQueryPlan;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * What every transport hands its operations to. The errors in its results, and those that its streams throw, are as
 * they came: a transport masks them on the way out.
 */
export class Engine {
  readonly documents = new Documents();
  readonly #operations: Operations;
  readonly #executor: PlanExecutor;
  readonly #allowance = new SubscriptionAllowance(engineLimits.subscriptionsPerUser);
  #running = 0;

  constructor(private readonly dependencies: EngineDependencies) {
    this.#operations = new Operations(dependencies.generation, dependencies.introspection);
    this.#executor = new PlanExecutor(dependencies.sources, dependencies.executeQueryPlan);
  }

  get generation(): Generation {
    return this.dependencies.generation;
  }

  /** Checks an operation against every rule. The token may have expired since its socket was opened. */
  prepare(request: OperationRequest, caller: Caller): Prepared {
    if (caller.userId !== null && caller.expiresAt <= this.dependencies.clock.now()) {
      return { errors: [asGraphQLError(new UnauthenticatedError('Your token has expired. Sign in again.'))] };
    }
    try {
      return this.#operations.prepare(request, caller);
    } catch (error) {
      return { errors: [asGraphQLError(error)] };
    }
  }

  /** Runs a prepared query or mutation: never rejects. */
  async execute(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    scope: RequestScope,
  ): Promise<ExecutionResult> {
    if (operation.kind === OperationTypeNode.SUBSCRIPTION) return failed(needsSocket());
    if (this.#running >= engineLimits.runningOperations) {
      return failed(new RateLimitedError('Too many requests are waiting. Try again in a second.', 1));
    }
    this.#running += 1;
    const deadline = new Deadline(scope.signal, engineLimits.requestMilliseconds);
    try {
      return await this.#executor.run(operation, variables, { ...scope, signal: deadline.signal });
    } catch (error) {
      return { data: null, errors: [asGraphQLError(error)] };
    } finally {
      deadline.clear();
      this.#running -= 1;
    }
  }

  /** Opens a prepared subscription. Throws RateLimitedError when the caller has too many. */
  subscribe(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    caller: Caller,
  ): AsyncIterableIterator<ExecutionResult> {
    const release = this.#allowance.take(caller);
    try {
      return openSubscription(
        operation,
        variables,
        caller,
        { ...this.dependencies, executor: this.#executor },
        release,
      );
    } catch (error) {
      release();
      throw error;
    }
  }
}

/** Aborts with the client, or with TIMEOUT when the time is up. */
class Deadline {
  readonly #controller = sharedAbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort: () => void;

  constructor(
    private readonly outer: AbortSignal,
    milliseconds: number,
  ) {
    this.#onAbort = () => this.#controller.abort(outer.reason);
    this.#timer = setTimeout(() => this.#controller.abort(tooLate(milliseconds)), milliseconds);
    if (outer.aborted) this.#onAbort();
    else outer.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.outer.removeEventListener('abort', this.#onAbort);
  }
}

const tooLate = (milliseconds: number): TimeoutError =>
  new TimeoutError(
    `The request took longer than ${milliseconds / 1_000} s. Whether a change took effect is unknown: read before you try again.`,
  );

const needsSocket = (): MeridianError =>
  new RefusedOperationError(
    'Subscriptions need a WebSocket: connect to this URL with the graphql-transport-ws protocol.',
  );

const failed = (error: MeridianError): ExecutionResult => ({ errors: [asGraphQLError(error)] });

export const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError(error instanceof Error ? error.message : String(error), {
        originalError: error instanceof Error ? error : null,
      });
