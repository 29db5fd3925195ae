import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../subgraphs/shared/clock.js';
import { deriveKey } from '../subgraphs/shared/keys.js';
import type { Logger } from '../subgraphs/shared/logger.js';
import { Authentication } from './authentication.js';
import type { GatewayConfig } from './config.js';
import { Engine } from './engine.js';
import { serveExplorer } from './explorer/explorer.js';
import type { SubgraphSource } from './sources/source.js';
import { type Generation, loadGeneration } from './supergraph/generation.js';
import { answerLivez, answerReadyz } from './transport/health.js';
import { httpTransport } from './transport/http.js';
import { OriginPolicy } from './transport/origin.js';
import { webSocketTransport } from './transport/ws.js';

const drainMilliseconds = 10_000;

export interface GatewayDependencies {
  /** The text of schema/supergraph.graphql. */
  readonly supergraphSdl: string;
  /** The same, loaded while other parts were starting: it takes most of a second of the gateway's start. */
  readonly generation?: Generation;
  /** One for each subgraph that the supergraph names; disposed of with the gateway. */
  readonly sources: readonly SubgraphSource[];
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface Gateway {
  /** Of the GraphQL endpoint, HTTP and WebSocket alike. GraphiQL is at `/` beside it. */
  readonly url: string;
  readonly port: number;
  /** Not ready any more, no new work, sockets closed with 1001, running requests waited for (at most 10 s). */
  dispose(): Promise<void>;
}

/** The one public endpoint: HTTP, WebSocket, GraphiQL and health on one port. */
export async function startGateway(
  config: GatewayConfig,
  dependencies: GatewayDependencies,
): Promise<Gateway> {
  const { supergraphSdl, sources, logger, clock } = dependencies;
  const generation = await (dependencies.generation ?? loadGeneration(supergraphSdl, logger));
  const { executeQueryPlan } = await import('@apollo/gateway');
  const authentication = new Authentication(deriveKey(config.secretKey, 'token-signing'), clock);
  const origins = new OriginPolicy(config.allowedOrigins);
  const engine = new Engine({
    generation,
    sources: new Map(sources.map((source) => [source.name, source])),
    introspection: config.introspection,
    executeQueryPlan,
    logger,
    clock,
  });
  const http = await httpTransport({ engine, authentication, origins, logger });
  const webSocket = webSocketTransport({ engine, authentication, origins, logger, clock });
  const explorer = serveExplorer();
  let stopping = false;

  const server = createServer((request, response) => {
    response.once('close', () => {
      // A kept connection would hold up the stop that waits for it.
      if (stopping) setImmediate(() => server.closeIdleConnections());
    });
    answer(request, response).catch((error) => {
      logger.error({ error }, 'answering a request failed');
      response.destroy();
    });
  });
  // A request that trickles in is answered 408 by Node.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.keepAliveTimeout = 65_000;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0];
    if (path === '/livez') return answerLivez(response);
    if (path === '/readyz') return answerReadyz(response, sources, stopping);
    if (stopping) {
      response.writeHead(503, { connection: 'close' }).end();
      return;
    }
    if (path === '/graphql') return http.handle(request, response);
    if (await explorer(path ?? '/', request, response)) return;
    response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found. The API is at /graphql.\n');
  }

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => logger.debug({ error }, 'an upgrade failed'));
    if (request.url?.split('?', 1)[0] === '/graphql' && !stopping) webSocket.upgrade(request, socket, head);
    else
      socket.end(
        `HTTP/1.1 ${stopping ? '503 Service Unavailable' : '404 Not Found'}\r\nconnection: close\r\n\r\n`,
      );
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;

  return {
    url: `http://${host}:${port}/graphql`,
    port,
    async dispose() {
      if (stopping) return;
      stopping = true;
      const closed = new Promise((resolve) => server.close(resolve));
      webSocket.dispose();
      server.closeIdleConnections();
      const giveUp = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
      await closed;
      clearTimeout(giveUp);
      await http.dispose();
      await Promise.all(sources.map((source) => source.dispose()));
    },
  };
}
