import { request } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { TinyGateway } from './tiny-gateway.js';

/** One operation, however it is sent. */
export interface Asked {
  readonly query?: string;
  readonly documentId?: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly extensions?: Record<string, unknown>;
  readonly token?: string | undefined;
  /** Of the page that asks; undefined for a program. */
  readonly origin?: string | undefined;
  readonly accept?: string | undefined;
  /** `X-Forwarded-For`, as a proxy sends it, or anybody. */
  readonly forwardedFor?: string | undefined;
  /** As any page can have a browser send it, without asking first. */
  readonly unasked?: boolean | undefined;
}

export interface Told {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: Record<string, unknown>;
  /** Of HTTP, or of an upgrade that was refused. */
  readonly status?: number;
  readonly headers?: Record<string, string | string[] | undefined>;
  /** The close code of a socket. */
  readonly closed?: number;
}

export interface Transport {
  readonly name: string;
  /** How the gateway is to be started for it. */
  readonly alwaysApolloServer: boolean;
  ask(tiny: TinyGateway, asked: Asked): Promise<Told>;
}

/** Every way to send a query: what holds on one has to hold on all. */
export const transports: readonly Transport[] = [
  { name: 'POST', alwaysApolloServer: false, ask: post },
  { name: 'POST through Apollo Server', alwaysApolloServer: true, ask: post },
  { name: 'GET', alwaysApolloServer: false, ask: get },
  { name: 'Server-Sent Events', alwaysApolloServer: false, ask: overServerSentEvents },
  { name: 'Server-Sent Events by GET', alwaysApolloServer: false, ask: overServerSentEventsByGet },
  { name: 'multipart', alwaysApolloServer: false, ask: overMultipart },
  { name: 'WebSocket', alwaysApolloServer: false, ask: overSocket },
];

function post(
  { gateway }: TinyGateway,
  { token, origin, accept, forwardedFor, unasked, ...body }: Asked,
): Promise<Told> {
  return send(gateway.url, 'POST', { token, origin, accept, forwardedFor, unasked }, JSON.stringify(body));
}

function overServerSentEvents(tiny: TinyGateway, asked: Asked): Promise<Told> {
  return post(tiny, { ...asked, accept: 'text/event-stream' });
}

function overServerSentEventsByGet(tiny: TinyGateway, asked: Asked): Promise<Told> {
  return get(tiny, { ...asked, accept: 'text/event-stream' });
}

function overMultipart(tiny: TinyGateway, asked: Asked): Promise<Told> {
  return post(tiny, { ...asked, accept: 'multipart/mixed;subscriptionSpec=1.0' });
}

/** The last result of an answer, which may be a stream of one. */
function resultIn(contentType: string, text: string): Told {
  if (text === '') return {};
  if (contentType.startsWith('text/event-stream')) {
    return JSON.parse(/^event: next\ndata: (.*)$/m.exec(text)?.[1] ?? '') as Told;
  }
  if (contentType.startsWith('multipart/mixed')) {
    const { payload, errors } = JSON.parse(/^\{"payload.*$/m.exec(text)?.[0] ?? '') as {
      payload: Told | null;
      errors?: [];
    };
    return { ...payload, ...(errors ? { errors } : {}) };
  }
  return JSON.parse(text) as Told;
}

function get(
  { gateway }: TinyGateway,
  { token, origin, accept, forwardedFor, unasked, ...parameters }: Asked,
): Promise<Told> {
  const url = new URL(gateway.url);
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return send(url, 'GET', { token, origin, accept, forwardedFor, unasked });
}

/** Not `fetch`, which keeps scripts from setting an origin as an attacker's program can. */
function send(
  url: string | URL,
  method: string,
  { token, origin, accept, forwardedFor, unasked = false }: Omit<Asked, 'query'>,
  body?: string,
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      headers: {
        ...(body === undefined
          ? unasked
            ? {}
            : { 'apollo-require-preflight': 'yes' }
          : {
              'content-type': unasked ? 'text/plain' : 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(origin === undefined ? {} : { origin }),
        ...(accept === undefined ? {} : { accept }),
        ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
      },
    });
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        const text = String(Buffer.concat(chunks));
        resolve({ status, headers, ...resultIn(headers['content-type'] ?? '', text) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function overSocket(
  { gateway }: TinyGateway,
  { token, origin, accept: _accept, forwardedFor, unasked: _unasked, ...payload }: Asked,
): Promise<Told> {
  let status: number | undefined;
  class SocketOfPage extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, {
        ...(origin === undefined ? {} : { origin }),
        headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
      });
      this.on('unexpected-response', (_request, response) => {
        status = response.statusCode;
        this.emit('error', new Error(`refused with ${status}`));
      });
    }
  }
  const client = createClient({
    url: gateway.url.replace('http', 'ws'),
    webSocketImpl: SocketOfPage,
    retryAttempts: 0,
    ...(token === undefined ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
  });
  const told = new Promise<Told>((resolve, reject) => {
    let result: Told | undefined;
    client.subscribe({ query: '', ...payload } as never, {
      next: (value) => {
        result = value as Told;
      },
      error: (error) => {
        const { code } = error as { code?: unknown };
        if (Array.isArray(error)) resolve({ errors: error });
        else if (status !== undefined) resolve({ status });
        else if (typeof code === 'number') resolve({ closed: code });
        else reject(error);
      },
      complete: () => (result ? resolve(result) : reject(new Error('completed without a result'))),
    });
  });
  return told.finally(() => client.dispose());
}
