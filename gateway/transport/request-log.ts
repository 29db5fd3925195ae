import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { errorCodes } from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import type { Operation } from '../operations/operation.js';

export interface LoggedRequest {
  readonly transport: 'http' | 'websocket';
  readonly caller: Caller;
  readonly startedAt: number;
  /** Undefined when it was refused before it was known. */
  readonly operation: Operation | undefined;
  readonly errors: ExecutionResult['errors'];
}

/** One line for each operation: who, what, how long, which error codes; never variables or data. */
export function logRequest(
  logger: Logger,
  { transport, caller, startedAt, operation, errors }: LoggedRequest,
): void {
  logger.info(
    {
      requestId: caller.requestId,
      transport,
      userId: caller.userId,
      kind: operation?.kind,
      operation: operation?.name,
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
      ...(errors ? { errors: [...new Set(errors.map(codeOf))] } : {}),
    },
    'operation',
  );
}

const codeOf = ({ extensions }: GraphQLError): string =>
  errorCodes.find((code) => code === extensions['code']) ?? 'INTERNAL';
