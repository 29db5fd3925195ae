import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../subgraphs/shared/clock.js';
import { type SocketTimes, socketTimes } from '../subgraphs/shared/graphql-socket/socket-connection.js';
import { deriveKey } from '../subgraphs/shared/keys.js';
import { LogDownloadTokens } from '../subgraphs/shared/log-download-tokens.js';
import type { Logger } from '../subgraphs/shared/logger.js';
import { Authentication } from './authentication.js';
import type { GatewayConfig } from './config.js';
import { downloadsPath, LogDownloads } from './downloads/log-downloads.js';
import { Engine } from './engine.js';
import { serveExplorer } from './explorer/explorer.js';
import { GatewayMetrics } from './metrics/gateway-metrics.js';
import { type MetricsServer, serveMetrics } from './metrics/metrics-server.js';
import { TrustedDocumentsFolder } from './operations/trusted-documents-folder.js';
import type { SubgraphSource } from './sources/source.js';
import type { StreamPolicies } from './subscriptions/policy.js';
import type { PermissionFingerprints } from './subscriptions/sharing-scopes.js';
import { type Generation, loadGeneration } from './supergraph/generation.js';
import { Generations } from './supergraph/generations.js';
import { ClientAddresses } from './transport/client-address.js';
import { answerLivez, answerReadyz } from './transport/health.js';
import { httpTransport } from './transport/http.js';
import { OriginPolicy } from './transport/origin.js';
import { StreamedResponses } from './transport/streamed-responses.js';
import { webSocketTransport } from './transport/ws.js';

const drainMilliseconds = 10_000;
/** Until they are accepted: of 2,000 clients that come back at once a busy gateway reset those beyond Node's 511. */
const waitingConnections = 4_096;
/** For a request to arrive, in milliseconds: its headers, and the whole of it. */
const requestTimes = { headers: 10_000, whole: 30_000 };

export interface GatewayDependencies {
  /** The text of schema/supergraph.graphql. */
  readonly supergraphSdl: string;
  /** The same, loaded while other parts were starting: it takes most of a second of the gateway's start. */
  readonly generation?: Generation;
  /** One for each subgraph that the supergraph names; disposed of with the gateway. */
  readonly sources: readonly SubgraphSource[];
  readonly logger: Logger;
  readonly clock: Clock;
  /** For tests, which do not wait for seconds. */
  readonly requestTimes?: Partial<typeof requestTimes>;
  /** No HTTP request takes the short way around Apollo Server; tests run against both. */
  readonly alwaysApolloServer?: boolean;
  /** Lets users with the same permissions share streams; without it each has their own. */
  readonly permissions?: PermissionFingerprints;
  /** For tests, which have streams of their own and do not wait for a minute. */
  readonly streamPolicies?: StreamPolicies;
  readonly random?: () => number;
  readonly socketTimes?: Partial<SocketTimes>;
}

export interface Gateway {
  /** Of the GraphQL endpoint, HTTP and WebSocket alike. GraphiQL is at `/` beside it. */
  readonly url: string;
  readonly port: number;
  /** Where Prometheus reads; null when it is turned off. */
  readonly metricsUrl: string | null;
  /**
   * Takes another supergraph without a lost request or subscription; false when it is the current one already. A
   * broken one, or one that names a subgraph without a source, is refused with RefusedSupergraphError.
   */
  updateSupergraph(supergraphSdl: string): Promise<boolean>;
  /** Looks at the trusted documents now; by itself it does every few seconds. */
  reload(): Promise<void>;
  /** What is open now: subscriptions of clients, and streams from subgraphs behind them. */
  readonly subscriptions: { readonly subscriptions: number; readonly upstreams: number };
  /** Not ready any more, no new work, sockets closed with 1001, running requests waited for (at most 10 s). */
  dispose(): Promise<void>;
}

/** The one public endpoint: HTTP, WebSocket, GraphiQL and health on one port. */
export async function startGateway(
  config: GatewayConfig,
  dependencies: GatewayDependencies,
): Promise<Gateway> {
  const { supergraphSdl, sources, logger, clock, alwaysApolloServer = false } = dependencies;
  const generations = new Generations(
    await (dependencies.generation ?? loadGeneration(supergraphSdl, logger)),
    {
      load: (sdl) => loadGeneration(sdl, logger, true),
      sources: new Set(sources.map(({ name }) => name)),
      logger,
    },
  );
  const authentication = new Authentication(deriveKey(config.secretKey, 'token-signing'), clock);
  const origins = new OriginPolicy(config.allowedOrigins);
  const addresses = new ClientAddresses(config.trustedProxies);
  const { folder, mode } = config.trustedDocuments;
  const trusted = folder === null ? undefined : await TrustedDocumentsFolder.open({ folder, mode, logger });
  const metrics = new GatewayMetrics();
  const engine = new Engine({
    generations,
    sources: new Map(sources.map((source) => [source.name, source])),
    introspection: config.introspection,
    cost: config.cost,
    metrics,
    trustedDocuments: trusted?.documents,
    logger,
    clock,
    permissions: dependencies.permissions,
    streamPolicies: dependencies.streamPolicies,
    random: dependencies.random,
  });
  const times = { ...socketTimes, ...dependencies.socketTimes };
  const streams = new StreamedResponses({ engine, logger, times });
  const http = await httpTransport({
    engine,
    authentication,
    origins,
    addresses,
    logger,
    streams,
    alwaysApolloServer,
  });
  const webSocket = webSocketTransport({
    engine,
    authentication,
    origins,
    addresses,
    logger,
    clock,
    times,
  });
  metrics.gauge('sockets_open', 'WebSockets of clients.', () => webSocket.open);
  metrics.gauge('streamed_responses_open', 'HTTP responses that stream.', () => streams.open);
  metrics.gauge(
    'plans_waiting',
    'Operations that wait for their first plan.',
    () => generations.current.planner.waiting,
  );
  metrics.gauge('upstreams_open', 'Streams from subgraphs.', () => engine.hub.size.upstreams);
  const explorer = serveExplorer();
  const tokens = new LogDownloadTokens(deriveKey(config.secretKey, 'log-downloads'), clock);
  const downloads = new LogDownloads({ engine, tokens, origins, addresses, logger });
  let stopping = false;

  const { headers, whole } = { ...requestTimes, ...dependencies.requestTimes };
  // A request that trickles in is answered 408 by Node, which looks for them this often.
  const checking = { connectionsCheckingInterval: Math.min(1_000, headers) };
  const server = createServer(checking, (request, response) => {
    response.once('close', () => {
      // A kept connection would hold up the stop that waits for it.
      if (stopping) setImmediate(() => server.closeIdleConnections());
    });
    answer(request, response).catch((error) => {
      logger.error({ error }, 'answering a request failed');
      response.destroy();
    });
  });
  server.headersTimeout = headers;
  server.requestTimeout = whole;
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
    if (path?.startsWith(downloadsPath)) return downloads.answer(request, response);
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
    server.listen({ port: config.port, host: config.host, backlog: waitingConnections }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const metricsServer = await metricsServerFor(config, metrics);
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;

  return {
    url: `http://${host}:${port}/graphql`,
    port,
    metricsUrl: metricsServer?.url ?? null,
    updateSupergraph: (sdl) => generations.update(sdl),
    reload: async () => trusted?.reload(),
    get subscriptions() {
      return engine.hub.size;
    },
    async dispose() {
      if (stopping) return;
      stopping = true;
      const closed = new Promise((resolve) => server.close(resolve));
      webSocket.dispose();
      streams.dispose();
      server.closeIdleConnections();
      const giveUp = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
      await closed;
      clearTimeout(giveUp);
      await http.dispose();
      await trusted?.dispose();
      await metricsServer?.dispose();
      generations.dispose();
      await Promise.all(sources.map((source) => source.dispose()));
    },
  };
}

/** Only when they are read: what they measure costs a little all the time. */
async function metricsServerFor(
  { metrics: { port, ...others } }: GatewayConfig,
  metrics: GatewayMetrics,
): Promise<MetricsServer | undefined> {
  if (port === null) return undefined;
  metrics.addProcessMetrics();
  return serveMetrics(metrics, { ...others, port });
}
