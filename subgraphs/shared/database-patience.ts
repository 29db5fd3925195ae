import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './logger.js';

/** PostgreSQL is there but has let nobody in for as long as a start waits; the message says so, for a person. */
export class DatabaseNotReadyError extends Error {
  override readonly name = 'DatabaseNotReadyError';
}

export interface Patience {
  /** How long to wait for PostgreSQL in all. */
  readonly milliseconds: number;
  /** Between one attempt and the next. */
  readonly pauseMilliseconds: number;
}

/** A server that recovers after a crash, on a machine that has much else to do, needs this long at most. */
export const startPatience: Patience = { milliseconds: 60_000, pauseMilliseconds: 500 };

/**
 * What needs the database while a process starts, tried again while PostgreSQL is there but does not let us in yet:
 * it is starting, or it or this process is too busy to shake hands in time. Any other error is the caller's at once,
 * such as that nobody listens, the password is wrong, or the server ended. A process that runs does not wait so:
 * its requests fail after `connectionMilliseconds`.
 *
 * @throws {DatabaseNotReadyError} when that has not changed for as long as `patience` says
 */
export async function whenDatabaseIsReady<T>(
  attempt: () => Promise<T>,
  logger: Logger,
  patience: Patience = startPatience,
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isNotReadyYet(error)) throw error;
      const waitedSeconds = Math.round((performance.now() - startedAt) / 1_000);
      if (performance.now() - startedAt >= patience.milliseconds) {
        throw new DatabaseNotReadyError(
          `PostgreSQL has not let Meridian in for ${waitedSeconds} s (${(error as Error).message})`,
          { cause: error },
        );
      }
      logger.warn({ waitedSeconds, reason: (error as Error).message }, 'waiting for PostgreSQL');
      await sleep(patience.pauseMilliseconds);
    }
  }
}

/** SQLSTATE 57P03 is cannot_connect_now; deadlines of pg and its pool have no code, only these words. */
const isNotReadyYet = (error: unknown): boolean => {
  const { code, message } = error as { code?: string; message?: string };
  return (
    code === '57P03' ||
    /^(timeout expired|timeout exceeded when trying to connect|Connection terminated due to connection timeout)$/.test(
      message ?? '',
    )
  );
};
