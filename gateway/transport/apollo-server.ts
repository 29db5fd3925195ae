import { AsyncLocalStorage } from 'node:async_hooks';
import { ApolloServer, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskErrors } from '../../subgraphs/shared/masked-result.js';
import type { Engine } from '../engine.js';
import { parseFailure, parseOptions } from '../operations/documents.js';
import type { OperationRequest } from '../operations/operations.js';
import { logRequest } from './request-log.js';

/** What belongs to one HTTP request. */
export interface HttpContext {
  readonly caller: Caller;
  /** Aborted when the client left. */
  readonly signal: AbortSignal;
}

/** Errors are formatted without the context they belong to. */
export const currentRequest = new AsyncLocalStorage<Pick<Caller, 'requestId'>>();

/**
 * Apollo Server does what GraphQL over HTTP asks for: parameters, GET, content negotiation, status codes, protection
 * against cross-site requests. Checking and running operations is the engine's, as on every transport.
 */
export function createApolloServer(engine: Engine, logger: Logger): ApolloServer<HttpContext> {
  return new ApolloServer<HttpContext>({
    gateway: {
      onSchemaLoadOrUpdate(callback) {
        const { schema, supergraphSdl } = engine.generation;
        callback({ apiSchema: schema, coreSupergraphSdl: supergraphSdl });
        return () => undefined;
      },
      load: async () => ({
        executor: async ({ document, request, context }) =>
          run(engine, logger, { ...request, document }, context as HttpContext) as never,
      }),
      stop: async () => undefined,
    },
    // Validation, introspection and suggestions are decided by the engine, for each caller.
    dangerouslyDisableValidation: true,
    introspection: true,
    parseOptions,
    documentStore: sharedDocuments(engine),
    persistedQueries: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    plugins: [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginCacheControlDisabled()],
    formatError: (formatted, error) => publicError(formatted, error, logger),
    logger: {
      debug: (message) => logger.debug({ message }, 'apollo server'),
      info: (message) => logger.debug({ message }, 'apollo server'),
      warn: (message) => logger.warn({ message }, 'apollo server'),
      error: (message) => logger.error({ message }, 'apollo server'),
    },
  });
}

async function run(
  engine: Engine,
  logger: Logger,
  request: OperationRequest,
  context: HttpContext,
): Promise<ExecutionResult> {
  const startedAt = performance.now();
  const prepared = engine.prepare(request, context.caller);
  const operation = 'operation' in prepared ? prepared.operation : undefined;
  const result =
    'operation' in prepared
      ? await engine.execute(prepared.operation, prepared.variables, context)
      : { errors: prepared.errors };
  const { caller } = context;
  logRequest(logger, { transport: 'http', caller, startedAt, operation, errors: result.errors });
  return { ...result, ...(result.errors ? { errors: result.errors.map(withStatus) } : {}) };
}

/** A refusal of the whole request that proxies and clients understand by its status. */
function withStatus(error: GraphQLError): GraphQLError {
  if (error.path) return error;
  const { code, retryAfterSeconds = 1 } = error.extensions;
  if (code === 'RATE_LIMITED') return remade(error, 429, [['retry-after', String(retryAfterSeconds)]]);
  if (code === 'UNAUTHENTICATED') return remade(error, 401, [['www-authenticate', 'Bearer']]);
  return error;
}

function remade(error: GraphQLError, status: number, headers: [string, string][]): GraphQLError {
  return new GraphQLError(error.message, {
    originalError: error,
    extensions: {
      ...error.extensions,
      http: { status, headers: new HeaderMap(headers) },
    },
  });
}

function publicError(
  formatted: GraphQLFormattedError,
  error: unknown,
  logger: Logger,
): GraphQLFormattedError {
  const request = currentRequest.getStore() ?? { requestId: 'none' };
  const given =
    formatted.extensions?.['code'] === 'GRAPHQL_PARSE_FAILED'
      ? { ...parseFailureOf(formatted), locations: formatted.locations }
      : {
          ...formatted,
          originalError: error instanceof GraphQLError ? (error.originalError ?? error) : error,
        };
  const [masked] = maskErrors([given], request, logger);
  if (!masked) throw new Error('an error was lost');
  return masked;
}

function parseFailureOf(formatted: GraphQLFormattedError) {
  const { message, extensions } = parseFailure(formatted);
  return { message, extensions };
}

/** Apollo Server keeps the documents that it parses where the WebSocket's are; its keys end with the hash. */
const sharedDocuments = ({ documents }: Engine) => ({
  get: async (key: string) => documents.find(key.slice(-64)),
  set: async (key: string, document: DocumentNode) => documents.add(key.slice(-64), document),
  delete: async () => false,
});
