import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap } from '@apollo/server';
import {
  MeridianError,
  TooLargeError,
  toPublicError,
  UnauthenticatedError,
} from '../../subgraphs/shared/errors.js';
import { readBody } from '../../subgraphs/shared/http-body.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import type { Authentication } from '../authentication.js';
import type { Engine } from '../engine.js';
import { createApolloServer, currentRequest } from './apollo-server.js';
import { corsHeaders, type OriginPolicy, preflightHeaders } from './origin.js';

export const maxBodyBytes = 2 * 1_024 * 1_024;

export interface HttpTransport {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  dispose(): Promise<void>;
}

/** GraphQL over HTTP on `/graphql`. */
export async function httpTransport(options: {
  readonly engine: Engine;
  readonly authentication: Authentication;
  readonly origins: OriginPolicy;
  readonly logger: Logger;
}): Promise<HttpTransport> {
  const { engine, authentication, origins, logger } = options;
  const server = createApolloServer(engine, logger);
  await server.start();
  return { handle, dispose: () => server.stop() };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    response.setHeader('x-request-id', requestId);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('vary', 'origin');
    if (!origins.allows(request)) {
      refuse(
        response,
        requestId,
        new HttpError(403, 'FORBIDDEN', 'Pages of this origin may not call Meridian.'),
      );
      return;
    }
    for (const [name, value] of Object.entries(corsHeaders(request))) response.setHeader(name, value);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, preflightHeaders).end();
      return;
    }
    const controller = new AbortController();
    response.once('close', () => controller.abort(new Error('the client left')));
    try {
      const address = request.socket.remoteAddress ?? null;
      const { authorization } = request.headers;
      const caller = await authentication.authenticate(authorization, { requestId, address });
      const body = request.method === 'POST' ? await readJson(request) : undefined;
      const answer = await currentRequest.run(caller, () =>
        server.executeHTTPGraphQLRequest({
          httpGraphQLRequest: {
            method: request.method ?? 'GET',
            headers: headerMap(request),
            search: new URL(request.url ?? '/', 'http://localhost').search,
            body,
          },
          context: async () => ({ caller, signal: controller.signal }),
        }),
      );
      if (answer.body.kind !== 'complete') throw new Error('an answer in parts was not asked for');
      response.writeHead(answer.status ?? 200, Object.fromEntries(answer.headers)).end(answer.body.string);
    } catch (error) {
      if (response.destroyed) return;
      refuse(response, requestId, error);
    }
  }

  function refuse(response: ServerResponse, requestId: string, error: unknown): void {
    const known = error instanceof MeridianError || error instanceof HttpError ? error : { message: '' };
    const masked = toPublicError(known, requestId, () =>
      logger.error({ requestId, error }, 'a request failed'),
    );
    if (error instanceof UnauthenticatedError) response.setHeader('www-authenticate', 'Bearer');
    if (error instanceof TooLargeError) response.setHeader('connection', 'close');
    response.writeHead(statusOf(error), { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ errors: [masked] }));
  }
}

/** Refused before it is GraphQL. */
class HttpError extends Error {
  readonly extensions: { readonly code: string };
  constructor(
    readonly status: number,
    code: string,
    message: string,
  ) {
    super(message);
    this.extensions = { code };
  }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  if (error instanceof UnauthenticatedError) return 401;
  if (error instanceof TooLargeError) return 413;
  return 500;
}

/** Undefined for a content type that Apollo Server has something to say about. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBody(request, maxBodyBytes);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new HttpError(415, 'BAD_USER_INPUT', 'Send the body without content-encoding.');
  }
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  if (crossSiteTypes.has(type.trim())) return undefined;
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  if (type.trim() !== 'application/json' || !/^(charset="?utf-?8"?)?$/.test(charset ?? '')) {
    throw new HttpError(415, 'BAD_USER_INPUT', 'Send content-type: application/json, in UTF-8.');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not JSON.');
  }
}

/** What a form on another site can send without asking; Apollo Server refuses them (CSRF). */
const crossSiteTypes = new Set([
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
]);

function headerMap(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
