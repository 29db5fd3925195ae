import { ConflictError, type ErrorCode, MeridianError, TimeoutError } from '../../shared/errors.js';
import type { AnyError } from '../../shared/masked-result.js';

const quoted = (sessionId: string): string => JSON.stringify(sessionId);

/** Only its owner is told. */
export class SessionEndedError extends MeridianError {
  constructor(sessionId: string, why: string, field: readonly string[]) {
    super('NOT_FOUND', `Session ${quoted(sessionId)} has ended: ${why}. Open another.`, { field });
  }
}

/** The process that holds the session lives, but has not said where it is reached. */
export class HolderUnknownError extends ConflictError {
  constructor(sessionId: string, replicaId: string, field: readonly string[]) {
    super(
      `Session ${quoted(sessionId)} is held by another process of Meridian (${replicaId}), which this request did not reach: try again, or set MERIDIAN_REPLICA_URL for that process.`,
      { field },
    );
  }
}

/** The process that holds the session was heard of lately, but does not answer. */
export class HolderSilentError extends TimeoutError {
  constructor(sessionId: string) {
    super(
      `The process of Meridian that holds session ${quoted(sessionId)} does not answer. Come back to the session in a moment (exec with sessionId); if that process is gone, the session has ended.`,
    );
  }
}

/** What the process that holds the session answered with, already on record there. */
export class ForwardedError extends MeridianError {
  private constructor(code: ErrorCode, { message, extensions }: AnyError) {
    super(code, message, { details: { ...extensions } });
  }

  /** A fault of the holder stays one here. */
  static of(error: AnyError | undefined): Error {
    const code = error?.extensions?.['code'] as ErrorCode | undefined;
    return error && code && code !== 'INTERNAL'
      ? new ForwardedError(code, error)
      : new Error(`the process that holds the session failed: ${error?.message ?? 'no reason given'}`);
  }
}
