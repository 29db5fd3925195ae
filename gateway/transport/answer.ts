import type { ExecutionResult, GraphQLError } from 'graphql';
import { OperationTypeNode } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskResult } from '../../subgraphs/shared/masked-result.js';
import type { OperationRequest, Prepared } from '../admission.js';
import type { Engine } from '../engine.js';
import type { SentResult } from '../subscriptions/payload.js';
import type { ResultType } from './media-types.js';
import { ServerTiming } from './server-timing.js';

/** What belongs to one HTTP request. */
export interface HttpContext {
  readonly caller: Caller;
  /** Aborted when the client left. */
  readonly controller: AbortController;
  /** What the result will be sent as. */
  readonly resultType: ResultType;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly result: SentResult;
}

/** The result of a query or mutation as it leaves: masked, with the extensions that were asked for. */
export const sentResult = (
  result: ExecutionResult,
  prepared: Prepared,
  caller: Caller,
  logger: Logger,
): SentResult => ({
  ...maskResult(result, caller, logger),
  ...('extensions' in prepared ? { extensions: { ...prepared.extensions } } : {}),
});

/**
 * Runs one operation for HTTP. The one place that knows what its answer looks like: requests that pass Apollo Server
 * and those that don't get the same.
 */
export async function answerOperation(
  engine: Engine,
  logger: Logger,
  request: OperationRequest,
  { caller, controller, resultType }: HttpContext,
): Promise<HttpAnswer> {
  const startedAt = performance.now();
  const timing = new ServerTiming();
  const prepared = engine.admission.prepare(request, caller, timing);
  const operation = 'operation' in prepared ? prepared.operation : undefined;
  const result: ExecutionResult =
    'operation' in prepared
      ? await engine.execute(prepared.operation, prepared.variables, { caller, controller }, timing)
      : { errors: prepared.errors };
  engine.requests.log({ transport: 'http', caller, startedAt, operation, errors: result.errors });
  const refusal = result.data === undefined ? result.errors?.[0] : undefined;
  const { status, headers } = refusal ? headOf(refusal, prepared, resultType) : fine;
  return {
    status,
    headers: { ...headers, 'server-timing': timing.header },
    result: sentResult(result, prepared, caller, logger),
  };
}

/** As text: errors first, where a person sees them. */
export const serialised = ({ errors, data, extensions }: SentResult): string =>
  `${JSON.stringify({ errors, data, extensions })}\n`;

const fine = { status: 200, headers: {} } as const;

/**
 * The status of an operation that was refused as a whole. Under `application/json` that is 200 (GraphQL over HTTP,
 * section 6.4.1), because a 4xx may be any proxy's; it differs where HTTP itself has something to say to a client or
 * a proxy: who are you, come back later, that can't be sent as JSON, a fault.
 */
function headOf(
  { extensions }: GraphQLError,
  prepared: Prepared,
  resultType: ResultType,
): Pick<HttpAnswer, 'status' | 'headers'> {
  const { code = 'INTERNAL', retryAfterSeconds = 1 } = extensions;
  switch (code) {
    case 'UNAUTHENTICATED':
      return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
    case 'RATE_LIMITED':
      return { status: 429, headers: { 'retry-after': String(retryAfterSeconds) } };
    case 'PERSISTED_QUERY_NOT_FOUND':
      // Apollo Client stops sending hashes after a 400.
      return fine;
    case 'INTERNAL':
      return { status: 500, headers: {} };
    case 'TIMEOUT':
      return { status: 504, headers: {} };
  }
  if ('operation' in prepared && prepared.operation.kind === OperationTypeNode.SUBSCRIPTION) {
    return { status: 406, headers: {} };
  }
  if (resultType === 'application/json') return fine;
  return { status: code === 'FORBIDDEN' ? 403 : 400, headers: {} };
}
