import type { ExecutionResult } from 'graphql';
import { sharedAbortController, whileNotAborted } from '../../subgraphs/shared/abortable.js';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Clock } from '../../subgraphs/shared/clock.js';
import { UnauthenticatedError } from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import type { PlanExecutor, Sources } from '../execute/execute-plan.js';
import type { Operation } from '../operations/operation.js';
import { mapInOrder } from './in-order.js';
import { upstreamRequest } from './resumable.js';
import { resumingStream } from './resuming-stream.js';

/** Events whose entities are being fetched at once; they are delivered in order. */
const eventsUnderWay = 8;
/** The longest time that setTimeout can wait. */
const longestTimer = 2 ** 31 - 1;

export interface SubscriptionDependencies {
  readonly sources: Sources;
  readonly executor: PlanExecutor;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * One subscription of one client: events from the subgraph that owns the field, each completed from the others by
 * the rest of the plan. It opens at the first `next`. When the reader returns, everything behind it is told at once.
 * Ends by throwing: what the subgraph ended it with, UNAUTHENTICATED when the token expires.
 */
export function openSubscription(
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
  caller: Caller,
  { sources, executor, logger, clock }: SubscriptionDependencies,
  onEnd: () => void,
): AsyncIterableIterator<ExecutionResult> {
  const { serviceName } = operation.subscriptionPlan.primary;
  const source = sources.get(serviceName);
  if (!source) throw new Error(`the plan names ${serviceName}, for which there is no source`);

  const controller = sharedAbortController();
  const scope = { caller, signal: controller.signal };
  const upstream = resumingStream(source, upstreamRequest(operation, variables), scope, logger);
  const completed = mapInOrder(upstream, eventsUnderWay, (event) =>
    executor.runEvent(operation, variables, scope, event),
  );
  const events = whileNotAborted(completed, controller.signal, (result) => result);
  const stopTimer = atExpiry(caller, clock, () =>
    controller.abort(
      new UnauthenticatedError('Your token has expired. Sign in again, and resume with the last cursor.'),
    ),
  );
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    stopTimer();
    onEnd();
    // Also when the stream ended by itself: nothing of it may run on.
    controller.abort(new Error('the subscription ended'));
  };

  const subscription: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      try {
        const result = await events.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => subscription,
  };
  return subscription;
}

function atExpiry(caller: Caller, clock: Clock, expire: () => void): () => void {
  if (caller.userId === null) return () => undefined;
  const { expiresAt } = caller;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = expiresAt - clock.now();
    timer = setTimeout(
      () => (clock.now() >= expiresAt ? expire() : wait()),
      Math.min(Math.max(left, 0), longestTimer),
    );
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}
