import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import { NobodyWaitsError, sharedAbortController } from '../../subgraphs/shared/abortable.js';
import type { Caller } from '../../subgraphs/shared/caller.js';
import {
  MeridianError,
  TooLargeError,
  toPublicError,
  UnauthenticatedError,
} from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import type { Authentication } from '../authentication.js';
import type { Engine } from '../engine.js';
import { answerOperation, type HttpContext, serialised } from './answer.js';
import { createApolloServer, currentRequest } from './apollo-server.js';
import type { ClientAddresses } from './client-address.js';
import { HttpError, operationRequestIn, operationRequestInUrl, readJson } from './http-request.js';
import { contentTypes, resultTypeFor } from './media-types.js';
import { corsHeaders, headersAskedFor, mayBeUnasked, type OriginPolicy, preflightHeaders } from './origin.js';
import { requestIdOf } from './request-id.js';
import { streamAccepted } from './stream-framing.js';
import type { StreamedResponses } from './streamed-responses.js';

export interface HttpTransport {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  dispose(): Promise<void>;
}

export interface HttpTransportOptions {
  readonly engine: Engine;
  readonly authentication: Authentication;
  readonly origins: OriginPolicy;
  readonly addresses: ClientAddresses;
  readonly logger: Logger;
  /** Answers that are streams of results. */
  readonly streams: StreamedResponses;
  /** Sends plain POSTs through Apollo Server too; tests compare. */
  readonly alwaysApolloServer?: boolean;
}

/**
 * GraphQL over HTTP on `/graphql`. A plain POST is answered straight away: half the gateway's work for a small query
 * would be Apollo Server's. It does everything else but streams.
 */
export async function httpTransport(options: HttpTransportOptions): Promise<HttpTransport> {
  const { engine, authentication, origins, addresses, logger, streams, alwaysApolloServer = false } = options;
  const server = createApolloServer(engine, logger);
  await server.start();
  return { handle, dispose: () => server.stop() };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = requestIdOf(request);
    response.setHeader('x-request-id', requestId);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('vary', 'origin');
    if (!origins.allows(request)) {
      const refusal = new HttpError(403, 'FORBIDDEN', 'Pages of this origin may not call Meridian.');
      refuse(response, requestId, refusal);
      return;
    }
    for (const [name, value] of Object.entries(corsHeaders(request))) response.setHeader(name, value);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, preflightHeaders).end();
      return;
    }
    const controller = sharedAbortController();
    response.once('close', () => {
      // Also after every answer: making an error would then cost as much as checking the operation.
      if (!response.writableFinished) controller.abort(new NobodyWaitsError('the client left'));
    });
    try {
      const { method = 'GET', headers: given } = request;
      if (method !== 'GET' && method !== 'POST') {
        throw new HttpError(405, 'BAD_USER_INPUT', otherMethod, { allow: 'GET, POST' });
      }
      const address = addresses.of(request);
      const caller = await authentication.authenticate(given.authorization, { requestId, address });
      if (mayBeUnasked(request)) throw new HttpError(400, 'BAD_USER_INPUT', unasked);
      const body = method === 'POST' ? await readJson(request) : undefined;
      if (await answerInStream(request, response, body, caller)) return;
      const resultType = resultTypeFor(given.accept);
      if (!resultType) throw new HttpError(406, 'BAD_USER_INPUT', notAcceptable);
      const context = { caller, controller, resultType };
      const operation = alwaysApolloServer ? undefined : operationRequestIn(body);
      if (operation) {
        const { status, headers, result } = await answerOperation(engine, logger, operation, context);
        send(response, status, { ...headers, 'content-type': contentTypes[resultType] }, serialised(result));
      } else {
        await passToApolloServer(request, response, body, context);
      }
    } catch (error) {
      if (response.destroyed) return;
      refuse(response, requestId, error);
    }
  }

  /** False when the client did not ask for a stream, or would rather have this operation's result plain. */
  async function answerInStream(
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
    caller: Caller,
  ): Promise<boolean> {
    const { method = 'GET', url = '/', headers } = request;
    const stream = streamAccepted(method, headers.accept);
    if (!stream) return false;
    const byGet = method === 'GET';
    const operation = byGet ? operationRequestInUrl(url) : operationRequestIn(body);
    if (!operation && stream.orPlain) return false;
    if (!operation) throw new HttpError(400, 'BAD_USER_INPUT', byGet ? noOperationInUrl : notAnOperation);
    if (byGet && engine.admission.kindOf(operation) === OperationTypeNode.MUTATION) {
      throw new HttpError(405, 'BAD_USER_INPUT', mutationByGet, { allow: 'POST' });
    }
    if (!streams.takes(stream, operation)) return false;
    await streams.answer(stream.framing, operation, caller, response);
    return true;
  }

  async function passToApolloServer(
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
    context: HttpContext,
  ): Promise<void> {
    const httpGraphQLRequest = {
      method: request.method ?? 'GET',
      headers: headerMap(request),
      search: new URL(request.url ?? '/', 'http://localhost').search,
      body,
    };
    const answer = await currentRequest.run({ caller: context.caller }, () =>
      server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => context }),
    );
    if (answer.body.kind !== 'complete') throw new Error('an answer in parts was not asked for');
    send(response, answer.status ?? 200, Object.fromEntries(answer.headers), answer.body.string);
  }

  function refuse(response: ServerResponse, requestId: string, error: unknown): void {
    const known = error instanceof MeridianError || error instanceof HttpError ? error : { message: '' };
    const masked = toPublicError(known, requestId, () =>
      logger.error({ requestId, error }, 'a request failed'),
    );
    if (error instanceof UnauthenticatedError) response.setHeader('www-authenticate', 'Bearer');
    if (error instanceof TooLargeError) response.setHeader('connection', 'close');
    const own = error instanceof HttpError ? error.headers : {};
    const headers = { 'content-type': contentTypes['application/json'], ...own };
    const status = statusOf(error);
    engine.metrics.refusedRequest(status);
    send(response, status, headers, serialised({ errors: [masked] }));
  }
}

const notAcceptable =
  'A result is application/json or application/graphql-response+json: send an accept header that takes one.';

const otherMethod = 'Send a POST, or a GET for a query.';

const unasked = `Any page could have sent this request: send it with content-type: application/json or one of the headers ${headersAskedFor.join(', ')}.`;

const noOperationInUrl =
  'Send an operation in the parameters query (or documentId), variables, operationName and extensions.';

const mutationByGet = 'A GET changes nothing: send a mutation by POST.';

const notAnOperation = 'Send an operation as a JSON object, with content-type: application/json.';

function send(response: ServerResponse, status: number, headers: Record<string, string>, text: string): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  if (error instanceof UnauthenticatedError) return 401;
  if (error instanceof TooLargeError) return 413;
  return 500;
}

function headerMap(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
