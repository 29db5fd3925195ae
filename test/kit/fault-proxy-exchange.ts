import {
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
  type ServerResponse,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { Stopwatch } from './stopwatch.js';

/** What a fault does to an answer on its way back. */
export interface Change {
  headers?(headers: IncomingMessage['headers']): IncomingMessage['headers'];
  /** What to pass on instead; null: nothing. May also cut the exchange. */
  chunk?(chunk: Buffer, exchange: Exchange): Buffer | null;
}

/** One request that came through the proxy, and what can be done to it while it is open. */
export class Exchange {
  /** Milliseconds, of `performance.now()`. */
  readonly at = performance.now();
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** Of the answer that the client got; null while there is none. */
  status: number | null = null;
  /** The client's side is still there. */
  open = true;
  /** How long it was, once it is over; see Stopwatch. */
  seconds: number | undefined;
  readonly #watch = new Stopwatch();
  #halfOpen = false;
  #abortUpstream: () => void = () => undefined;

  constructor(
    private readonly upstream: URL,
    private readonly request: IncomingMessage,
    /** The answer of a request, or the bare socket of an upgrade with what came already. */
    private readonly client: { response: ServerResponse } | { socket: Duplex; head: Buffer },
  ) {
    this.method = request.method ?? '';
    this.url = new URL(request.url ?? '/', 'http://proxy');
    this.headers = request.headers;
    if ('response' in client) client.response.once('close', () => this.#ended());
    else {
      client.socket.once('close', () => this.#ended());
      // That the client has left is seen only by reading.
      client.socket.on('end', () => {
        if (this.#halfOpen || this.status === null) client.socket.end();
      });
      client.socket.resume();
    }
  }

  get watch(): boolean {
    return this.url.searchParams.get('watch') === 'true';
  }

  /** An upgrade to WebSocket, such as exec. */
  get upgrade(): boolean {
    return 'socket' in this.client;
  }

  get halfOpen(): boolean {
    return this.#halfOpen;
  }

  /** Lets it through. The answer comes back changed. */
  forward(change: Change = {}): void {
    if (!this.open) return;
    if ('response' in this.client) this.#forwardRequest(this.client.response, change);
    else this.#forwardUpgrade(this.client.socket, this.client.head);
  }

  /** Answers in the API server's place. */
  answer(status: number, headers: Record<string, string> = {}, body = ''): void {
    this.status = status;
    if ('response' in this.client) {
      this.client.response.writeHead(status, headers).end(body);
      return;
    }
    const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
    const head = [`HTTP/1.1 ${status} Refused`, ...lines.map(([name, value]) => `${name}: ${value}`)];
    this.client.socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Puts bytes of our own into the answer, which begins now if it had not. False: wait for `drained`. */
  write(text: string | Buffer): boolean {
    if ('socket' in this.client) return this.client.socket.write(text);
    if (!this.client.response.headersSent) this.status = this.client.response.statusCode;
    return this.client.response.write(text);
  }

  /** Calls back once, when the client has read what was written. */
  drained(then: () => void): void {
    const out = 'socket' in this.client ? this.client.socket : this.client.response;
    out.once('drain', then);
  }

  /** Ends the answer as if it were whole. */
  end(): void {
    this.#abortUpstream();
    if ('socket' in this.client) this.client.socket.end();
    else this.client.response.end();
  }

  /** Breaks the client's connection without a word. */
  cut(): void {
    this.#abortUpstream();
    this.request.socket.destroy();
  }

  /** From now on nothing passes in either direction, and neither side is told. */
  goHalfOpen(): void {
    this.#halfOpen = true;
  }

  #ended(): void {
    if (!this.open) return;
    this.open = false;
    this.seconds = this.#watch.seconds;
    this.#abortUpstream();
  }

  #forwardRequest(response: ServerResponse, change: Change): void {
    const options: RequestOptions & { rejectUnauthorized: boolean } = {
      method: this.method,
      path: this.request.url,
      headers: { ...this.headers, host: this.upstream.host },
      agent: false,
      rejectUnauthorized: false,
    };
    const send = this.upstream.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = send(this.upstream, options, (answer) => {
      if (this.#halfOpen) return void answer.resume();
      const headers = change.headers?.({ ...answer.headers }) ?? answer.headers;
      this.status = answer.statusCode ?? 0;
      response.writeHead(this.status, headers).flushHeaders();
      answer.on('data', (chunk: Buffer) => {
        const changed = change.chunk ? change.chunk(chunk, this) : chunk;
        if (changed === null || this.#halfOpen || !this.open || response.write(changed)) return;
        answer.pause();
        response.once('drain', () => answer.resume());
      });
      answer.on('end', () => {
        if (!this.#halfOpen) response.end();
      });
      answer.on('error', () => this.#broken());
    });
    this.#abortUpstream = () => sent.destroy();
    sent.on('error', () => this.#broken());
    this.request.pipe(sent);
  }

  #forwardUpgrade(socket: Duplex, head: Buffer): void {
    const to = { host: this.upstream.hostname, port: Number(this.upstream.port), rejectUnauthorized: false };
    const upstream: Socket = this.upstream.protocol === 'https:' ? connectTls(to) : connect(to);
    this.#abortUpstream = () => upstream.destroy();
    const raw = this.request.rawHeaders;
    const lines = raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : []));
    upstream.write(`${this.method} ${this.request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    this.status = 101;
    const pass = (from: Duplex, target: Duplex) => {
      from.on('data', (chunk: Buffer) => {
        if (this.#halfOpen || target.destroyed || target.write(chunk)) return;
        from.pause();
        target.once('drain', () => from.resume());
      });
      from.on('end', () => {
        if (!this.#halfOpen) target.end();
      });
      from.on('error', () => this.#broken());
    };
    pass(upstream, socket);
    pass(socket, upstream);
  }

  #broken(): void {
    if (!this.#halfOpen) this.request.socket.destroy();
  }
}
