/**
 * The closed list of error codes (`enum ErrorCode` of the API), one class for each, and the one function that
 * hides everything else. Nothing here imports GraphQL: graphql-js copies `extensions` from a thrown error.
 */
export const errorCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'QUOTA_EXCEEDED',
  'TOO_LARGE',
  'RATE_LIMITED',
  'TIMEOUT',
  'CLUSTER_UNAVAILABLE',
  'CLUSTER_AUTH_FAILED',
  'CLUSTER_REJECTED',
  'PERSISTED_QUERY_NOT_FOUND',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** One thing that is wrong with an input: the path of the field, and what to do about it. */
export interface InputProblem {
  readonly field: readonly string[];
  readonly message: string;
}

/** What every error that a caller may see has in common. */
export abstract class MeridianError extends Error {
  readonly extensions: { readonly code: ErrorCode; readonly [key: string]: unknown };
  /** Path of the input field at fault, when there is one. */
  readonly field: readonly string[] | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { field?: readonly string[]; details?: object; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.extensions = { ...options.details, code };
    this.field = options.field;
  }

  get code(): ErrorCode {
    return this.extensions.code;
  }
}

/** Nobody is signed in, or the token, the session or the user behind it is no longer valid. */
export class UnauthenticatedError extends MeridianError {
  constructor(message = 'Sign in first: send "authorization: Bearer <token>" with a token from signIn.') {
    super('UNAUTHENTICATED', message);
  }
}

/** The caller may know of the thing but lacks the permission named in the message. */
export class ForbiddenError extends MeridianError {
  /** @param permission the one that is missing; null when the message says it */
  constructor(
    permission: string | null,
    message = `This needs the permission ${permission}, which you do not have here.`,
  ) {
    super('FORBIDDEN', message, { details: permission === null ? {} : { permission } });
  }
}

/**
 * For the reader of a stream who has seen until now what is hidden from them: that it exists is no secret, and that the
 * right to it is gone is the news.
 */
export const noLongerVisible = (): ForbiddenError =>
  new ForbiddenError(null, 'You may no longer see what this stream shows, or it is gone.');

/** The id is well formed but nothing has it, or the caller may not know that it exists. */
export class NotFoundError extends MeridianError {
  constructor(kind: string, id: string, field?: readonly string[]) {
    super(
      'NOT_FOUND',
      `${kind} ${JSON.stringify(id)} does not exist, or you may not see it.`,
      field ? { field } : {},
    );
  }
}

/** The input can't be accepted as it is. Each problem names its field, the value and the remedy. */
export class BadUserInputError extends MeridianError {
  readonly problems: readonly InputProblem[];
  constructor(
    problems: readonly InputProblem[],
    /** Fields of the mutation's payload that say more than `userErrors` can. */
    readonly payload: object = {},
  ) {
    super('BAD_USER_INPUT', problems.map((problem) => problem.message).join(' '), {
      ...(problems[0] ? { field: problems[0].field } : {}),
      details: { problems },
    });
    this.problems = problems;
  }

  static at(field: readonly string[], message: string): BadUserInputError {
    return new BadUserInputError([{ field, message }]);
  }
}

/** Something else has this name, or the record changed since it was read. */
export class ConflictError extends MeridianError {
  constructor(message: string, options: { field?: readonly string[]; details?: object } = {}) {
    super('CONFLICT', message, options);
  }
}

/** A ResourceQuota, or a limit of Meridian's own, leaves no room. */
export class QuotaExceededError extends MeridianError {
  constructor(message: string, field?: readonly string[]) {
    super('QUOTA_EXCEEDED', message, field ? { field } : {});
  }
}

/** More bytes, items or tokens than a published limit allows. */
export class TooLargeError extends MeridianError {
  constructor(message: string, field?: readonly string[]) {
    super('TOO_LARGE', message, field ? { field } : {});
  }
}

/** Too many requests; `retryAfterSeconds` says when to come back. */
export class RateLimitedError extends MeridianError {
  constructor(message: string, retryAfterSeconds?: number) {
    super('RATE_LIMITED', message, { details: retryAfterSeconds === undefined ? {} : { retryAfterSeconds } });
  }
}

/** A deadline passed. Whether a write took effect is unknown: read before trying again. */
export class TimeoutError extends MeridianError {
  constructor(message: string, details: object = {}) {
    super('TIMEOUT', message, { details });
  }
}

/** The cluster's API server can't be reached, or its circuit breaker is open. */
export class ClusterUnavailableError extends MeridianError {
  constructor(clusterId: string, message: string, cause?: unknown) {
    super('CLUSTER_UNAVAILABLE', message, { details: { clusterId }, cause });
  }
}

/** The cluster answers but refuses Meridian's credentials. */
export class ClusterAuthFailedError extends MeridianError {
  constructor(clusterId: string, message: string) {
    super('CLUSTER_AUTH_FAILED', message, { details: { clusterId } });
  }
}

/** The API server understood the request and refused it (admission, validation). */
export class ClusterRejectedError extends MeridianError {
  constructor(clusterId: string, message: string, field?: readonly string[]) {
    super('CLUSTER_REJECTED', message, { details: { clusterId }, ...(field ? { field } : {}) });
  }
}

/**
 * The hash of an automatic persisted query is not known here. Code and message are those that clients of the protocol
 * (Apollo's, urql's, …) look for: they send hash and text at once then, and no person sees it.
 */
export class PersistedQueryNotFoundError extends MeridianError {
  constructor() {
    super('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
  }
}

/**
 * Refusals that a mutation reports in its payload's `userErrors`. The rest (nobody signed in, faults) are
 * GraphQL errors, because nothing in the input can mend them.
 */
const refusalCodes: ReadonlySet<ErrorCode> = new Set([
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'QUOTA_EXCEEDED',
  'TOO_LARGE',
  'RATE_LIMITED',
  'CLUSTER_REJECTED',
]);

export interface UserErrorValue {
  readonly code: ErrorCode;
  readonly field: string[] | null;
  readonly message: string;
}

/** The `userErrors` for a refusal, or undefined when the error is a fault. */
export function toUserErrors(error: unknown): UserErrorValue[] | undefined {
  if (!(error instanceof MeridianError) || !refusalCodes.has(error.code)) return undefined;
  if (error instanceof BadUserInputError) {
    return error.problems.map(({ field, message }) => ({
      code: 'BAD_USER_INPUT',
      field: [...field],
      message,
    }));
  }
  return [{ code: error.code, field: error.field ? [...error.field] : null, message: error.message }];
}

export interface PublicError {
  readonly message: string;
  readonly extensions: {
    readonly code: ErrorCode;
    readonly requestId: string;
    readonly [key: string]: unknown;
  };
}

const isErrorCode = (value: unknown): value is ErrorCode => errorCodes.includes(value as ErrorCode);

/** Codes that GraphQL libraries give to a client's mistakes. */
const libraryInputCodes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
]);

/** Details that may leave with an error; everything else in `extensions` stays here. */
const publicDetails = ['permission', 'problems', 'retryAfterSeconds', 'clusterId', 'currentVersion'] as const;

/**
 * The only way an error leaves Meridian, on every transport. An error whose code is on the closed list keeps its
 * message; anything else becomes INTERNAL with the request ID to find it in the log by, and `hidden` is called
 * with it so that it is logged.
 */
export function toPublicError(
  error: { message: string; extensions?: Readonly<Record<string, unknown>> | undefined },
  requestId: string,
  hidden: () => void,
): PublicError {
  const given = error.extensions?.['code'];
  const code = libraryInputCodes.has(String(given)) ? 'BAD_USER_INPUT' : given;
  if (!isErrorCode(code) || code === 'INTERNAL') {
    hidden();
    return {
      message: `Something went wrong on our side. Quote request ${requestId} when you report it.`,
      extensions: { code: 'INTERNAL', requestId },
    };
  }
  const details = Object.fromEntries(
    publicDetails.flatMap((key) =>
      error.extensions?.[key] === undefined ? [] : [[key, error.extensions[key]]],
    ),
  );
  return { message: error.message, extensions: { ...details, code, requestId } };
}
