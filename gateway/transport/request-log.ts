import type { ExecutionResult, GraphQLError } from 'graphql';
import { NobodyWaitsError } from '../../subgraphs/shared/abortable.js';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { errorCodes } from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { Operation } from '../operations/operation.js';

export type Transport = 'http' | 'websocket' | 'sse' | 'multipart';

export interface LoggedRequest {
  readonly transport: Transport;
  readonly caller: Caller;
  readonly startedAt: number;
  /** Undefined when it was refused before it was known. */
  readonly operation: Operation | undefined;
  readonly errors: ExecutionResult['errors'];
}

/** Counts operations, and logs one line of each: who, what, how long, which error codes; never variables or data. */
export class RequestLog {
  readonly #logger: Logger;

  constructor(
    logger: Logger,
    private readonly metrics: GatewayMetrics,
  ) {
    // The line has a closed set of fields and no secret is among them: looking for some costs more than the line.
    this.#logger = logger.child({}, { redact: [] });
  }

  log({ transport, caller, startedAt, operation, errors }: LoggedRequest): void {
    const milliseconds = performance.now() - startedAt;
    const codes = errors && [...new Set(errors.map(codeOf))];
    const seconds = milliseconds / 1_000;
    this.metrics.operation({ transport, kind: operation?.kind, code: codes?.[0], seconds });
    this.#logger.info(
      {
        requestId: caller.requestId,
        transport,
        userId: caller.userId,
        kind: operation?.kind,
        operation: operation?.name,
        durationMs: Math.round(milliseconds * 10) / 10,
        ...(codes ? { errors: codes } : {}),
      },
      'operation',
    );
  }
}

/** Of the closed list, or `CLIENT_LEFT`, which no client is told: nothing went wrong, and nobody was there any more. */
const codeOf = ({ extensions, originalError }: GraphQLError): string =>
  originalError instanceof NobodyWaitsError
    ? 'CLIENT_LEFT'
    : (errorCodes.find((code) => code === extensions['code']) ?? 'INTERNAL');
