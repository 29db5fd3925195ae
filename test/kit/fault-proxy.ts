import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { Exchange } from './fault-proxy-exchange.js';
import { listenOnLastingPort } from './lasting-port.js';

export type When = (exchange: Exchange) => boolean;
/** Does something to an exchange instead of letting it through. */
export type Fault = (exchange: Exchange) => void;

/** PEM, both. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

interface Injected {
  readonly when: When;
  readonly fault: Fault;
  times: number;
}

/**
 * Stands between Meridian and an API server and breaks what a test says, while it runs: `inject` for requests to come
 * (faults are in fault-proxy-faults.ts), `open` for those under way. Everything that comes is recorded.
 */
export class FaultProxy {
  /** Every request so far, oldest first. */
  readonly exchanges: Exchange[] = [];
  readonly sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #upstream: URL;
  #injected: Injected[] = [];
  #port = 0;

  private constructor(server: Server, upstream: string) {
    this.#server = server;
    this.#upstream = new URL(upstream);
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    server.on('request', (request, response) =>
      this.#pass(new Exchange(this.#upstream, request, { response })),
    );
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined);
      this.#pass(new Exchange(this.#upstream, request, { socket, head }));
    });
  }

  /** With a certificate it speaks TLS to its clients, whatever the API server speaks. */
  static async start(upstream: string, certificate?: ServerCertificate): Promise<FaultProxy> {
    const proxy = new FaultProxy(
      certificate ? createTlsServer({ ...certificate }) : createServer(),
      upstream,
    );
    await proxy.acceptConnections();
    return proxy;
  }

  get url(): string {
    return `${this.#server instanceof TlsServer ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  /** The first fault whose condition holds, latest first, takes the exchange. Returns what takes the fault away. */
  inject(when: When, fault: Fault, times = Number.POSITIVE_INFINITY): () => void {
    const injected = { when, fault, times };
    this.#injected.unshift(injected);
    return () => {
      this.#injected = this.#injected.filter((other) => other !== injected);
    };
  }

  /** Takes every fault away; what was done to open exchanges stays done. */
  heal(): void {
    this.#injected = [];
  }

  /** Exchanges whose client is still there. */
  open(when: When = () => true): Exchange[] {
    return this.exchanges.filter((exchange) => exchange.open && when(exchange));
  }

  seen(when: When = () => true): Exchange[] {
    return this.exchanges.filter(when);
  }

  /** Milliseconds between the requests in question. */
  intervals(when: When): number[] {
    const times = this.seen(when).map(({ at }) => at);
    return times.slice(1).map((at, i) => at - (times[i] ?? at));
  }

  /** New connections are refused, and those that are open break. */
  async refuseConnections(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  /** At the same port as before. */
  async acceptConnections(): Promise<void> {
    if (this.#port === 0) {
      this.#port = await listenOnLastingPort(this.#server);
      return;
    }
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** For connections to come. */
  useCertificate(certificate: ServerCertificate): void {
    if (!(this.#server instanceof TlsServer)) throw new Error('the proxy was started without TLS');
    this.#server.setSecureContext({ ...certificate });
  }

  async dispose(): Promise<void> {
    for (const exchange of this.open()) exchange.cut();
    await this.refuseConnections();
  }

  #pass(exchange: Exchange): void {
    this.exchanges.push(exchange);
    const found = this.#injected.find(({ when, times }) => times > 0 && when(exchange));
    if (found) {
      found.times--;
      found.fault(exchange);
    } else exchange.forward();
  }
}
