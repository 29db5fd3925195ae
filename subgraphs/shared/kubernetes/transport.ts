import type { ClientRequestArgs } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector, Client, type Dispatcher, Pool } from 'undici';
import { WebSocket } from 'ws';
import type { AddressPolicy } from './address-policy.js';
import type { ApiPath } from './api-path.js';
import type { ClusterCredentials } from './cluster-credentials.js';
import { type Impersonation, impersonationHeaders } from './impersonation.js';

export type QueryValue = string | number | boolean | readonly string[] | undefined;
export type Query = Readonly<Record<string, QueryValue>>;

export interface TransportRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly path: ApiPath;
  readonly query: Query;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly impersonate: Impersonation | undefined;
  readonly signal: AbortSignal;
}

const connectTimeoutMs = 10_000;
const socketLimits = {
  maxPayload: 1024 * 1024,
  maxFragments: 256,
  perMessageDeflate: false,
} as const;

/**
 * Sockets to one API server, kept alive, with its credentials. No redirect is followed, TLS is verified unless the
 * credentials say otherwise, and every connect goes through the address policy. The only file that puts credentials on
 * the wire.
 */
export class Transport {
  readonly #server: URL;
  readonly #credentials: ClusterCredentials;
  readonly #tls: ConnectionOptions;
  readonly #options: Client.Options;
  readonly #calls: Pool;
  /** Each stream has a connection of its own, which ends with it. */
  readonly #streams = new Set<Client>();

  /** Throws BadUserInputError when the policy does not allow the server. */
  constructor(credentials: ClusterCredentials, policy: AddressPolicy, connections: number) {
    this.#server = policy.requireServer(credentials.server, ['server']);
    this.#credentials = credentials;
    const { authentication, caCertificate, tlsServerName } = credentials;
    this.#tls = {
      rejectUnauthorized: credentials.insecureSkipTlsVerify !== true,
      lookup: policy.lookupFor(this.#server),
      ...(caCertificate === null ? {} : { ca: caCertificate }),
      ...(tlsServerName === null ? {} : { servername: tlsServerName }),
      ...(authentication.kind === 'CLIENT_CERTIFICATE'
        ? { cert: authentication.certificate, key: authentication.key }
        : {}),
    };
    this.#options = {
      // Shared, so that TLS sessions are resumed.
      connect: buildConnector({
        ...this.#tls,
        allowH2: false,
        timeout: connectTimeoutMs,
      } as buildConnector.BuildOptions),
      pipelining: 1,
      // Deadlines are the caller's; a stream may be silent for long.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 32 * 1024,
    };
    this.#calls = new Pool(this.#server.origin, { ...this.#options, connections });
  }

  call(request: TransportRequest): Promise<Dispatcher.ResponseData> {
    return this.#send(this.#calls, request);
  }

  async stream(request: TransportRequest): Promise<Dispatcher.ResponseData> {
    const client = new Client(this.#server.origin, this.#options);
    this.#streams.add(client);
    const end = () => {
      this.#streams.delete(client);
      void client.destroy();
    };
    try {
      const response = await this.#send(client, request);
      response.body.once('close', end);
      return response;
    } catch (error) {
      end();
      throw error;
    }
  }

  /** A WebSocket that is connecting. */
  upgrade(path: ApiPath, query: Query, protocols: readonly string[], impersonate?: Impersonation): WebSocket {
    const url = new URL(this.#server.origin.replace(/^http/, 'ws'));
    const options: WebSocket.ClientOptions & ClientRequestArgs = {
      ...socketLimits,
      ...(this.#tls as object),
      followRedirects: false,
      // Lists are sent as repeated headers; the type of ws does not say so.
      headers: this.#headers(impersonate) as Record<string, string>,
    };
    return new WebSocket(`${url.origin}${this.#target(path, query)}`, [...protocols], options);
  }

  /** Takes no more requests; those under way, streams and sockets go on to their end. */
  retire(): void {
    void this.#calls.close();
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#calls, ...this.#streams].map((client) => client.destroy()));
  }

  #send(dispatcher: Dispatcher, request: TransportRequest): Promise<Dispatcher.ResponseData> {
    return dispatcher.request({
      method: request.method,
      path: this.#target(request.path, request.query),
      headers: { ...this.#headers(request.impersonate), ...request.headers },
      body: request.body ?? null,
      signal: request.signal,
    });
  }

  #target(path: ApiPath, query: Query): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      for (const item of Array.isArray(value) ? (value as readonly string[]) : [value]) {
        if (item !== undefined) parameters.append(name, String(item));
      }
    }
    const text = parameters.toString();
    return `${this.#server.pathname.replace(/\/$/, '')}${path}${text ? `?${text}` : ''}`;
  }

  #headers(impersonate: Impersonation | undefined): Record<string, string | string[]> {
    const { authentication } = this.#credentials;
    return {
      'user-agent': 'meridian',
      ...(authentication.kind === 'TOKEN' ? { authorization: `Bearer ${authentication.token}` } : {}),
      ...(impersonate ? impersonationHeaders(impersonate) : {}),
    };
  }
}
