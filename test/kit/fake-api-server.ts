import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { pino } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { ClusterUnavailableError } from '../../subgraphs/shared/errors.js';
import { type AddressPolicy, createAddressPolicy } from '../../subgraphs/shared/kubernetes/address-policy.js';
import type { ClusterCredentials } from '../../subgraphs/shared/kubernetes/cluster-credentials.js';
import type { ConnectionLimits } from '../../subgraphs/shared/kubernetes/connection.js';
import { ApiServerConnection } from '../../subgraphs/shared/kubernetes/connection.js';
import type { ActorSource } from '../../subgraphs/shared/kubernetes/connections.js';
import { serverCertificate, serverKey } from './certificates.js';
import { listenOnLastingPort } from './lasting-port.js';

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type FakeHandler = (request: FakeRequest, response: ServerResponse) => void | Promise<void>;

/**
 * An HTTP and WebSocket server that answers as a test says: for the faults that a well-behaved API server, such as the
 * sandbox, doesn't have.
 */
export class FakeApiServer {
  readonly requests: FakeRequest[] = [];
  readonly sockets = new Set<Socket>();
  /** Accepted connections since the start. */
  connections = 0;
  /** Answers requests; a test may change it at any time. */
  handler: FakeHandler;
  onExec: ((socket: WebSocket, request: IncomingMessage) => void) | undefined;
  readonly #server: Server;

  private constructor(server: Server, handler: FakeHandler) {
    this.#server = server;
    this.handler = handler;
    const upgrades = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => [...offered][0] ?? false,
    });
    server.on('connection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    server.on('request', (request, response) => void this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => {
      this.requests.push(describe(request, ''));
      const { onExec } = this;
      if (!onExec) return void socket.destroy();
      upgrades.handleUpgrade(request, socket, head, (webSocket) => onExec(webSocket, request));
    });
  }

  static async start(handler: FakeHandler = refuse, options: { tls?: boolean } = {}): Promise<FakeApiServer> {
    const server = options.tls
      ? createTlsServer({ cert: serverCertificate, key: serverKey })
      : createServer();
    await listenOnLastingPort(server);
    return new FakeApiServer(server, handler);
  }

  get origin(): string {
    const scheme = this.#server instanceof TlsServer ? 'https' : 'http';
    return `${scheme}://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A raw answer to an upgrade, such as a redirect. */
  refuseUpgrades(answer: string): void {
    this.#server.removeAllListeners('upgrade');
    this.#server.on('upgrade', (request, socket) => {
      this.requests.push(describe(request, ''));
      socket.end(answer);
    });
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close').catch(() => undefined);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const described = describe(request, body);
    this.requests.push(described);
    await this.handler(described, response);
  }
}

const describe = (request: IncomingMessage, body: string): FakeRequest => ({
  method: request.method ?? '',
  url: new URL(request.url ?? '/', 'http://fake'),
  headers: request.headers,
  body,
});

const refuse: FakeHandler = (_request, response) => sendStatus(response, 500, 'InternalError', 'no handler');

export function sendJson(response: ServerResponse, code: number, body: unknown, headers: object = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A refusal in the API server's form. */
export function sendStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  options: { headers?: object; details?: object } = {},
): void {
  sendJson(
    response,
    code,
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      details: options.details,
      code,
    },
    options.headers,
  );
}

export const silentLogger = pino({ level: 'silent' });

/** Allows exactly these origins. */
export const policyFor = (...origins: string[]): AddressPolicy =>
  createAddressPolicy({ networks: [], origins });

export const tokenFor = (server: string, token = 'canary-token'): ClusterCredentials => ({
  server,
  caCertificate: null,
  tlsServerName: null,
  authentication: { kind: 'TOKEN', token },
});

/** A connection to the fake that is not shared with anybody. */
export function connectTo(
  origin: string,
  options: { limits?: Partial<ConnectionLimits>; clusterId?: string; credentials?: ClusterCredentials } = {},
): ApiServerConnection {
  return new ApiServerConnection({
    clusterId: options.clusterId ?? 'cluster_a',
    clusterName: 'alpha',
    credentials: options.credentials ?? tokenFor(origin),
    addressPolicy: policyFor(origin),
    ...(options.limits ? { limits: options.limits } : {}),
  });
}

export const ended = new ClusterUnavailableError('cluster_a', 'the test is over');

/** For clusters where everything is done as Meridian's own account. */
export const noActors: ActorSource = {
  get: () => Promise.reject(new Error('nobody acts here under a name of their own')),
};
