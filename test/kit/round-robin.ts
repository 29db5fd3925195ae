import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A load balancer as Meridian's processes meet it: one address, each new connection goes to the next target that
 * takes it. It can be cut off, when nothing passes and nobody is told.
 */
export class RoundRobin {
  readonly #server = createServer((client) => this.#connect(client));
  readonly #sockets = new Set<Socket>();
  /** What clients sent so far. */
  bytesToTargets = 0;
  #next = 0;
  #cut = false;

  private constructor(private readonly targets: { readonly host: string; readonly port: number }[]) {}

  /** @param urls of the targets, such as `http://127.0.0.1:4004/graphql` */
  static async start(urls: readonly string[]): Promise<RoundRobin> {
    const proxy = new RoundRobin(
      urls.map((url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) })),
    );
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Of the GraphQL endpoint behind it. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql`;
  }

  /** From now on nothing passes, on open connections either; they stay open. */
  cutOff(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  async dispose(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #connect(client: Socket): void {
    this.#track(client);
    if (this.#cut) return;
    const first = this.#next;
    this.#next = (this.#next + 1) % this.targets.length;
    this.#try(client, first, this.targets.length);
  }

  /** A target that refuses the connection is passed over. */
  #try(client: Socket, index: number, left: number): void {
    const target = this.targets[index];
    if (!target || left === 0) {
      client.destroy();
      return;
    }
    const upstream = this.#track(connect(target));
    const passOver = (): void => this.#try(client, (index + 1) % this.targets.length, left - 1);
    upstream.once('error', passOver);
    upstream.once('connect', () => {
      upstream.off('error', passOver);
      client.on('data', ({ length }: Buffer) => (this.bytesToTargets += length));
      client.pipe(upstream).pipe(client);
      upstream.once('close', () => client.destroy());
      client.once('close', () => upstream.destroy());
    });
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
