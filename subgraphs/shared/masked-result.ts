import type { ExecutionResult, GraphQLFormattedError, SourceLocation } from 'graphql';
import { NobodyWaitsError } from './abortable.js';
import type { Caller } from './caller.js';
import { toPublicError } from './errors.js';
import type { Logger } from './logger.js';

export interface MaskedResult {
  readonly data?: ExecutionResult['data'];
  readonly errors?: readonly GraphQLFormattedError[];
}

/** A result as a subgraph gives it, in process or over HTTP. */
export interface AnyResult {
  readonly data?: ExecutionResult['data'] | undefined;
  readonly errors?: readonly AnyError[] | undefined;
}

export interface AnyError {
  readonly message: string;
  readonly locations?: readonly SourceLocation[] | undefined;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  readonly originalError?: unknown;
}

/** A stream that ended with several errors, which only one thrown error can say: `maskErrors` takes them out again. */
export class StreamErrors extends Error {
  constructor(readonly errors: readonly AnyError[]) {
    super('the stream ended with errors');
    this.name = 'StreamErrors';
  }
}

/** What leaves a process: the data, and errors without anything from below. */
export function maskResult(
  result: AnyResult,
  caller: Pick<Caller, 'requestId'>,
  logger: Logger,
): MaskedResult {
  return {
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(result.errors ? { errors: maskErrors(result.errors, caller, logger) } : {}),
  };
}

/** One by one through `toPublicError`; place and path stay, and what was hidden is logged. */
export const maskErrors = (
  errors: readonly AnyError[],
  { requestId }: Pick<Caller, 'requestId'>,
  logger: Logger,
): GraphQLFormattedError[] =>
  errors.flatMap(unpacked).map((error) => {
    const { message, extensions } = toPublicError(error, requestId, () => {
      const cause = error.originalError ?? error;
      if (cause instanceof NobodyWaitsError) return;
      logger.error({ requestId, path: error.path, error: cause }, 'an operation failed');
    });
    return {
      message,
      ...(error.locations?.length ? { locations: error.locations } : {}),
      ...(error.path ? { path: error.path } : {}),
      extensions,
    };
  });

const unpacked = (error: AnyError): readonly AnyError[] =>
  error.originalError instanceof StreamErrors ? error.originalError.errors : [error];
