import { setTimeout as sleep } from 'node:timers/promises';
import { TimeoutError } from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import type { SubgraphRequest } from '../../subgraphs/shared/subgraph-execution.js';
import {
  type RequestScope,
  type SubgraphResult,
  type SubgraphSource,
  UpstreamLostError,
} from '../sources/source.js';
import type { SubscriptionRequest } from './resumable.js';

/** How long a lost stream is tried again before the client is told; shorter when it never ran at all. */
const patienceMilliseconds = { running: 60_000, neverRan: 5_000 };
const backoff = { first: 100, longest: 5_000 };

/**
 * The events of one subscription from the subgraph that owns it. A connection that breaks is bridged with the last
 * cursor where the stream has one; otherwise, or when it stays broken, the reader gets an error, never just an end.
 * It begins after `start`, when that is given.
 */
export async function* resumingStream(
  source: SubgraphSource,
  request: SubscriptionRequest,
  start: string | undefined,
  scope: RequestScope,
  logger: Logger,
): AsyncGenerator<SubgraphResult, undefined> {
  let cursor = start;
  let lostAt: number | undefined;
  let attempt = 0;
  for (;;) {
    let stream: AsyncIterableIterator<SubgraphResult> | undefined;
    try {
      stream = await source.subscribe(request.at(cursor) satisfies SubgraphRequest, scope);
      for await (const event of stream) {
        cursor = request.cursorOf?.(event) ?? cursor;
        lostAt = undefined;
        attempt = 0;
        yield event;
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof UpstreamLostError) || scope.signal.aborted) throw error;
      lostAt ??= performance.now();
      const patience = cursor === undefined ? patienceMilliseconds.neverRan : patienceMilliseconds.running;
      if (!request.cursorOf || performance.now() - lostAt > patience) throw interrupted(error);
      logger.warn(
        { requestId: scope.caller.requestId, subgraph: source.name, attempt, error },
        'resuming a stream',
      );
      await sleep(delay(attempt), undefined, { signal: scope.signal });
      attempt += 1;
    }
  }
}

/** Half fixed, half random, so that streams lost together do not come back together. */
function delay(attempt: number): number {
  const longest = Math.min(backoff.longest, backoff.first * 2 ** attempt);
  return longest / 2 + (Math.random() * longest) / 2;
}

const interrupted = (cause: Error): TimeoutError =>
  Object.assign(
    new TimeoutError('The stream was interrupted. Subscribe again, with the last cursor where it has one.'),
    { cause },
  );
