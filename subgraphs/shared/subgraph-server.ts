import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NobodyWaitsError, sharedAbortController } from './abortable.js';
import type { Caller } from './caller.js';
import { callerContextHeader, UsedCallerContexts, verifyCallerContext } from './caller-context.js';
import { TooLargeError, toPublicError, UnauthenticatedError } from './errors.js';
import { readBody } from './http-body.js';
import type { Logger } from './logger.js';
import { maskResult } from './masked-result.js';
import type { Subgraph } from './subgraph.js';
import { executeOnSubgraph, type SubgraphRequest } from './subgraph-execution.js';
import { subgraphSockets } from './subgraph-socket.js';

const maxBodyBytes = 10 * 1_024 * 1_024;
/** The gateway takes five silent seconds for a dead subgraph; blanks before the JSON say that we still work. */
const signOfLifeMilliseconds = 2_000;
const drainMilliseconds = 10_000;

export interface SubgraphServerOptions {
  readonly host: string;
  /** 0 asks the operating system for a free one. */
  readonly port: number;
  /** 32 bytes: `deriveKey(secretKey, 'caller-context')`. */
  readonly key: Uint8Array;
  readonly logger: Logger;
}

export interface SubgraphServer {
  /** Of its GraphQL endpoint, HTTP and graphql-transport-ws alike. */
  readonly url: string;
  /** Stops taking requests, closes sockets with 1001, waits for what runs. The subgraph itself goes on. */
  dispose(): Promise<void>;
}

/**
 * Serves one subgraph to the gateway. Nothing of `/graphql` answers without a caller context that the gateway signed
 * for this subgraph and this very request: not the SDL, not `_entities`.
 */
export async function serveSubgraph(
  subgraph: Subgraph,
  options: SubgraphServerOptions,
): Promise<SubgraphServer> {
  const { logger, key } = options;
  const used = new UsedCallerContexts();
  const sockets = subgraphSockets(subgraph, { key, used, logger });
  const running = new Set<AbortController>();
  let draining = false;

  const server = createServer((request, response) => {
    response.once('close', () => {
      // A kept connection would hold up the stop that waits for it.
      if (draining) setImmediate(() => server.closeIdleConnections());
    });
    answer(request, response).catch((error) => {
      logger.error({ error }, 'answering the gateway failed');
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/livez') return sendJson(response, 200, { status: 'ok' });
    if (request.url === '/readyz') {
      const readiness = draining ? { ready: false, reason: 'stopping' } : await subgraph.ready();
      return sendJson(response, readiness.ready ? 200 : 503, readiness);
    }
    if (request.method !== 'POST' || request.url !== '/graphql') return sendJson(response, 404, {});
    try {
      const body = await readBody(request, maxBodyBytes);
      const token = request.headers[callerContextHeader];
      const caller = await verifyCallerContext(token, { key, used, audience: subgraph.name, body });
      const operation = JSON.parse(body.toString('utf8')) as SubgraphRequest;
      await sendWithSignsOfLife(response, (signal) => run(operation, caller, signal));
    } catch (error) {
      if (response.headersSent) throw error;
      refuse(response, error);
    }
  }

  async function run(operation: SubgraphRequest, caller: Caller, signal: AbortSignal): Promise<unknown> {
    try {
      return maskResult(await executeOnSubgraph(subgraph, operation, caller, signal), caller, logger);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async function sendWithSignsOfLife(
    response: ServerResponse,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const controller = sharedAbortController();
    running.add(controller);
    response.once('close', () => controller.abort(new NobodyWaitsError('the gateway hung up')));
    const alive = setInterval(() => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' });
      response.write(' ');
    }, signOfLifeMilliseconds);
    try {
      const text = JSON.stringify(await work(controller.signal));
      if (!response.headersSent) {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text ?? ''),
        });
      }
      response.end(text);
    } finally {
      clearInterval(alive);
      running.delete(controller);
    }
  }

  function refuse(response: ServerResponse, error: unknown): void {
    const status = error instanceof UnauthenticatedError ? 401 : error instanceof TooLargeError ? 413 : 400;
    const given = error instanceof Error ? error : new Error(String(error));
    const known =
      status === 400
        ? { message: 'The body is not a GraphQL request.', extensions: { code: 'BAD_USER_INPUT' } }
        : given;
    sendJson(
      response,
      status,
      { errors: [toPublicError(known, 'none', () => undefined)] },
      { connection: 'close' },
    );
  }

  server.on('upgrade', (request, socket, head) => {
    if (draining || request.url !== '/graphql') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.upgrade(request, socket, head);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}/graphql`,
    async dispose() {
      draining = true;
      const closed = new Promise((resolve) => server.close(resolve));
      sockets.dispose();
      server.closeIdleConnections();
      const giveUp = setTimeout(() => {
        for (const controller of running) controller.abort(new Error('the subgraph stops'));
        server.closeAllConnections();
      }, drainMilliseconds);
      await closed;
      clearTimeout(giveUp);
    },
  };
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}
