import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLRequestContext,
  HeaderMap,
  type HTTPGraphQLRequest,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSchema, type DocumentNode, type GraphQLFormattedError, parse } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskErrors } from '../../subgraphs/shared/masked-result.js';
import type { OperationRequest } from '../admission.js';
import type { Engine } from '../engine.js';
import { answerOperation, type HttpContext, serialised } from './answer.js';
import { contentTypes } from './media-types.js';
import { headersAskedFor } from './origin.js';

/** What Apollo Server's hooks don't hand on. */
interface CurrentRequest {
  readonly caller: Pick<Caller, 'requestId'>;
  document?: DocumentNode;
}
export const currentRequest = new AsyncLocalStorage<CurrentRequest>();

/**
 * Apollo Server does what GraphQL over HTTP asks for where a request isn't a plain POST: parameters, GET, malformed
 * bodies, protection against cross-site requests. Finding, checking and running operations is the engine's, as on
 * every transport.
 */
export function createApolloServer(engine: Engine, logger: Logger): ApolloServer<HttpContext> {
  return new ApolloServer<HttpContext>({
    // It never runs: the plugin answers every operation.
    schema: buildSchema('type Query { unused: Boolean }'),
    dangerouslyDisableValidation: true,
    documentStore: {
      get: async () => currentRequest.getStore()?.document,
      set: async () => undefined,
      delete: async () => false,
    },
    persistedQueries: false,
    csrfPrevention: { requestHeaders: [...headersAskedFor] },
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      answeringPlugin(engine, logger),
    ],
    formatError: (formatted, error) => publicError(formatted, error, logger),
    stringifyResult: serialised,
    logger: {
      debug: (message) => logger.debug({ message }, 'apollo server'),
      info: (message) => logger.debug({ message }, 'apollo server'),
      warn: (message) => logger.warn({ message }, 'apollo server'),
      error: (message) => logger.error({ message }, 'apollo server'),
    },
  });
}

const nothing = '{ __typename }';
const nothingParsed = parse(nothing);

function answeringPlugin(engine: Engine, logger: Logger): ApolloServerPlugin<HttpContext> {
  return {
    async requestDidStart(context) {
      const request = requestOf(context);
      if (!request) return;
      // Apollo Server wants a text, and knows no other way to name a document. What is wrong is answered below.
      context.request.query = nothing;
      delete context.request.extensions;
      const current = currentRequest.getStore();
      // For Apollo Server to see that a GET is no mutation.
      if (current) current.document = engine.admission.documentOf(request) ?? nothingParsed;
      return {
        async responseForOperation() {
          const { status, headers, result } = await answerOperation(
            engine,
            logger,
            request,
            context.contextValue,
          );
          const http = {
            status,
            headers: new HeaderMap([
              ...Object.entries(headers),
              ['content-type', contentTypes[context.contextValue.resultType]],
            ]),
          };
          return { http, body: { kind: 'single', singleResult: result as never } };
        },
      };
    },
  };
}

/** Undefined when no document is named, which Apollo Server refuses. */
function requestOf({ request }: GraphQLRequestContext<HttpContext>): OperationRequest | undefined {
  const { query, operationName, variables, extensions, http } = request;
  const documentId = http ? documentIdOf(http) : undefined;
  if (!query && documentId === undefined && !extensions?.['persistedQuery']) return undefined;
  return { query, operationName, variables, extensions, documentId };
}

function documentIdOf({ method, search, body }: HTTPGraphQLRequest): unknown {
  if (method === 'GET') return new URLSearchParams(search).get('documentId') ?? undefined;
  return (body as { documentId?: unknown } | undefined)?.documentId ?? undefined;
}

function publicError(
  formatted: GraphQLFormattedError,
  error: unknown,
  logger: Logger,
): GraphQLFormattedError {
  const caller = currentRequest.getStore()?.caller ?? { requestId: 'none' };
  const [masked] = maskErrors([{ ...formatted, originalError: error }], caller, logger);
  if (!masked) throw new Error('an error was lost');
  return masked;
}
