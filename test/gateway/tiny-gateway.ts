import type { GraphQLFormattedError } from 'graphql';
import { type Client, type ClientOptions, createClient } from 'graphql-ws';
import { SignJWT } from 'jose';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { type GatewayConfig, gatewaySettings } from '../../gateway/config.js';
import { type Gateway, type GatewayDependencies, startGateway } from '../../gateway/server.js';
import { httpSource } from '../../gateway/sources/http.js';
import { localSource } from '../../gateway/sources/local.js';
import type { SubgraphSource } from '../../gateway/sources/source.js';
import { systemClock } from '../../subgraphs/shared/clock.js';
import { readConfig } from '../../subgraphs/shared/config.js';
import { deriveKey } from '../../subgraphs/shared/keys.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { type SubgraphServer, serveSubgraph } from '../../subgraphs/shared/subgraph-server.js';
import { lastingPort } from '../kit/lasting-port.js';
import { TinySubgraphs, tinySupergraph } from './tiny-subgraphs.js';

export const secretKey = Buffer.alloc(32, 7).toString('base64');
export const callerKey = deriveKey(secretKey, 'caller-context');
const tokenKey = deriveKey(secretKey, 'token-signing');

export type Mode = 'in process' | 'over HTTP';
export const modes: readonly Mode[] = ['in process', 'over HTTP'];

/** The two ways that a POST can take through the gateway: the same rules hold on both. */
export const httpPaths = [
  { path: 'the short way', alwaysApolloServer: false },
  { path: 'through Apollo Server', alwaysApolloServer: true },
] as const;

export interface TinyGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly subgraphs: TinySubgraphs;
  /** Of the subgraphs when they are reached over HTTP. */
  readonly servers: Map<string, SubgraphServer>;
  /** What was logged, as JSON lines. */
  readonly log: string[];
  post(query: string, options?: PostOptions): Promise<Answer>;
  socket(token?: string, options?: Partial<ClientOptions>): Client;
}

interface Result {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
}

export interface PostOptions {
  readonly token?: string | undefined;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export interface Answer extends Result {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A real gateway on a free port over the tiny subgraphs. */
export async function startTinyGateway(
  options: {
    mode?: Mode;
    config?: Partial<GatewayConfig>;
    /** Sources that stand in for those of the subgraphs. */
    sources?: readonly SubgraphSource[];
    supergraphSdl?: string;
    /** Plain POSTs pass Apollo Server too. */
    alwaysApolloServer?: boolean;
    /** Anything else that the gateway is given. */
    dependencies?: Partial<GatewayDependencies>;
  } = {},
): Promise<TinyGateway> {
  const {
    mode = 'in process',
    config = {},
    sources: replaced = [],
    supergraphSdl = tinySupergraph(),
    alwaysApolloServer = false,
    dependencies = {},
  } = options;
  const log: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => void log.push(line) } });
  const subgraphs = new TinySubgraphs();
  const servers = new Map<string, SubgraphServer>();
  const clients: Client[] = [];
  const sources = await Promise.all(
    subgraphs.all.map(async (subgraph) => {
      const replacement = replaced.find(({ name }) => name === subgraph.name);
      if (replacement || mode === 'in process') return replacement ?? localSource(subgraph);
      const server = await serveSubgraph(subgraph, {
        host: '127.0.0.1',
        port: await lastingPort(),
        key: callerKey,
        logger,
      });
      servers.set(subgraph.name, server);
      // A busy machine is silent for longer than any subgraph may be.
      return httpSource({
        name: subgraph.name,
        url: server.url,
        key: callerKey,
        silenceMilliseconds: 60_000,
      });
    }),
  );
  const gateway = await startGateway(
    {
      ...readConfig({}, gatewaySettings),
      port: 0,
      secretKey,
      // Tests of other things ask as often as they like.
      cost: { limit: 500_000, perMinute: 1_000_000_000 },
      ...config,
    },
    { supergraphSdl, sources, logger, clock: systemClock, alwaysApolloServer, ...dependencies },
  );

  return {
    gateway,
    subgraphs,
    servers,
    log,
    async post(query, { token, variables, operationName, headers, signal } = {}) {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...headers,
        },
        body: JSON.stringify({ query, variables, operationName }),
        ...(signal ? { signal } : {}),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, ...JSON.parse(text) };
    },
    socket(token, options = {}) {
      const client = createClient({
        url: gateway.url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        ...(token ? { connectionParams: { authorization: `Bearer ${token}` } } : {}),
        ...options,
      });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.terminate();
      await gateway.dispose();
      await Promise.all([...servers.values()].map((server) => server.dispose()));
    },
  };
}

/** What is polled for comes by itself, not by waiting. */
export const expectSoon = expect.poll;

export interface TokenOptions {
  readonly userId?: string;
  readonly expiresInSeconds?: number;
}

/** A token as identity would issue it. */
export const tokenFor = ({
  userId = 'user_ada',
  expiresInSeconds = 600,
}: TokenOptions = {}): Promise<string> =>
  new SignJWT({ cid: 'session_1', ck: 'SESSION' })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setSubject(userId)
    .setIssuer('meridian')
    .setAudience('meridian')
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1_000) + expiresInSeconds)
    .sign(tokenKey);

/** Everything that one subscription received, and how it ended. */
export interface Received {
  readonly results: Result[];
  ended: 'open' | 'complete' | { readonly error: unknown };
  leave(): void;
}

export function receive(client: Client, query: string, variables: Record<string, unknown> = {}): Received {
  const received: Received = { results: [], ended: 'open', leave: () => undefined };
  received.leave = client.subscribe(
    { query, variables },
    {
      next: (result) => void received.results.push(result),
      error: (error) => {
        received.ended = { error };
      },
      complete: () => {
        received.ended = 'complete';
      },
    },
  );
  return received;
}

/** One query or mutation over the socket: its result, or the errors it was refused with. */
export async function askOverSocket(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let result: Result | undefined;
    client.subscribe(
      { query, variables },
      {
        next: (value) => {
          result = value;
        },
        error: (error) => (Array.isArray(error) ? resolve({ errors: error }) : reject(error)),
        complete: () => (result ? resolve(result) : reject(new Error('completed without a result'))),
      },
    );
  });
}
