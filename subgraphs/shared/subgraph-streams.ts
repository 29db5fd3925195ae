import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { BoundedQueue } from './bounded-queue.js';
import type { Caller } from './caller.js';
import { callerContextHeader, signCallerContext } from './caller-context.js';
import { type AnyError, type AnyResult, StreamErrors } from './masked-result.js';
import { takenMessage, windowEvents, windowExtension } from './stream-window.js';
import { requestBody, type SubgraphRequest } from './subgraph-execution.js';
import { connectionBody } from './subgraph-socket.js';

/** The connection to the subgraph broke, or it fell too far behind; the stream may be resumed with its cursor. */
export class UpstreamLostError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'UpstreamLostError';
  }
}

export interface SubgraphStreamsOptions {
  /** Of the subgraph. */
  readonly name: string;
  /** Of its GraphQL endpoint, such as `http://clusters:4002/graphql`; replicas may share it. */
  readonly url: string;
  /** 32 bytes: `deriveKey(secretKey, 'caller-context')`. */
  readonly key: Uint8Array;
  /** Sockets at most. Behind one URL they lead to several replicas, each of which takes its share with it when it goes. */
  readonly sockets?: number;
  /** A socket whose peer leaves a ping unanswered for half of this is given up. */
  readonly pingMilliseconds?: number;
  /** How long a socket without streams stays open. */
  readonly idleMilliseconds?: number;
}

/** What may wait for a reader of a subgraph that knows no windows; a stream further behind is dropped. */
const mostWaiting = { events: 1_000, bytes: 16 * 1_024 * 1_024 };
/** The reason that graphql-ws gives when it closes a socket that nobody uses. */
const idleReason = 'Normal Closure';

/** Subscriptions to one subgraph of another process, over a few sockets that are opened on first need. */
export class SubgraphStreams {
  readonly #sockets: SharedSocket[];
  #turn = 0;

  constructor(private readonly options: SubgraphStreamsOptions) {
    this.#sockets = Array.from({ length: options.sockets ?? 4 }, () => new SharedSocket(options));
  }

  /**
   * Rejects only when the signal is aborted. The stream throws `StreamErrors` when the subgraph ended it with errors,
   * `UpstreamLostError` when the way to it broke, and is done only when the subgraph completed it. It is over at once
   * when the signal is aborted.
   */
  async subscribe(
    request: SubgraphRequest,
    { caller, signal }: { readonly caller: Caller; readonly signal: AbortSignal },
  ): Promise<AsyncIterableIterator<AnyResult>> {
    const { name, key } = this.options;
    const token = signCallerContext(caller, { key, audience: name, body: requestBody(request) });
    signal.throwIfAborted();
    return this.#leastUsed().subscribe(request, token, signal);
  }

  dispose(): void {
    for (const socket of this.#sockets) socket.dispose();
  }

  /** Of those with the fewest streams each has its turn: also streams that come one after the other are spread. */
  #leastUsed(): SharedSocket {
    const turn = this.#turn++ % this.#sockets.length;
    const inTurn = [...this.#sockets.slice(turn), ...this.#sockets.slice(0, turn)];
    return inTurn.reduce((best, next) => (next.streams < best.streams ? next : best));
  }
}

class SharedSocket {
  readonly #client: Client;
  readonly #open = new Set<WaitingEvents>();
  #socket: WebSocket | undefined;
  #lastId = 0;

  constructor({
    name,
    url,
    key,
    pingMilliseconds = 10_000,
    idleMilliseconds = 3_000,
  }: SubgraphStreamsOptions) {
    this.#client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: UpstreamWebSocket,
      // Each subscription is resumed by its own cursor, not by asking for the whole again.
      retryAttempts: 0,
      lazyCloseTimeout: idleMilliseconds,
      connectionAckWaitTimeout: 5_000,
      keepAlive: pingMilliseconds,
      generateID: () => String(this.#lastId),
      connectionParams: async () => ({
        [callerContextHeader]: signCallerContext(
          { userId: null, requestId: 'connection', address: null },
          { key, audience: name, body: connectionBody },
        ),
      }),
    });
    this.#client.on('connected', (socket) => {
      this.#socket = socket as WebSocket;
    });
    this.#client.on('closed', (event) => this.#lost(event));
    this.#endSilentSockets(pingMilliseconds / 2);
  }

  get streams(): number {
    return this.#open.size;
  }

  subscribe(
    { query, operationName, variables = {} }: SubgraphRequest,
    token: string,
    signal: AbortSignal,
  ): AsyncIterableIterator<AnyResult> {
    this.#lastId += 1;
    const id = String(this.#lastId);
    const waiting = new WaitingEvents(signal, (events) => this.#send(takenMessage({ id, events })));
    this.#open.add(waiting);
    const extensions = { [callerContextHeader]: token, [windowExtension]: windowEvents };
    const leave = this.#client.subscribe(
      { query, operationName, variables, extensions },
      {
        next: (result) => waiting.push(result as AnyResult),
        error: (reason) => waiting.fail(asStreamError(reason)),
        complete: () => waiting.end(),
      },
    );
    waiting.onClose = () => {
      this.#open.delete(waiting);
      leave();
    };
    return waiting.read();
  }

  dispose(): void {
    void this.#client.dispose();
    this.#client.terminate();
  }

  #send(message: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  /** Before the client looks at it: after a code 1000 it would subscribe anew, which would open an exec session again. */
  #lost(event: unknown): void {
    this.#socket = undefined;
    const { code, reason } = event as { code?: unknown; reason?: unknown };
    // Streams that came while it was being closed get a socket of their own.
    if (code === 1000 && reason === idleReason) return;
    for (const waiting of [...this.#open]) waiting.fail(asStreamError(event));
  }

  /** A socket whose peer is gone without a word is only noticed by a ping that stays unanswered. */
  #endSilentSockets(milliseconds: number): void {
    let waiting: NodeJS.Timeout | undefined;
    let answered = true;
    // When this process itself was held up, the answer may have come and not been read yet.
    const giveUp = (): void => void setImmediate(() => answered || this.#client.terminate());
    this.#client.on('ping', (received) => {
      if (received) return;
      answered = false;
      clearTimeout(waiting);
      waiting = setTimeout(giveUp, milliseconds).unref();
    });
    const clear = (): void => {
      answered = true;
      clearTimeout(waiting);
    };
    this.#client.on('pong', (received) => {
      if (received) clear();
    });
    this.#client.on('closed', clear);
  }
}

/** The events of one subscription between the shared socket, which must not wait, and its reader. */
class WaitingEvents {
  onClose: () => void = () => undefined;
  #bytes = 0;
  /** Events that the reader has taken since it last said so. */
  #taken = 0;
  readonly #queue: BoundedQueue<{ result: AnyResult; bytes: number }>;

  constructor(
    signal: AbortSignal,
    private readonly onTaken: (events: number) => void,
  ) {
    const leave = (): void => void this.#queue.return();
    this.#queue = new BoundedQueue({
      limit: mostWaiting.events,
      onOverflow: (items) => {
        this.#fallBehind();
        return items.slice(0, mostWaiting.events);
      },
      onClose: () => {
        signal.removeEventListener('abort', leave);
        this.onClose();
      },
    });
    signal.addEventListener('abort', leave, { once: true });
  }

  push(result: AnyResult): void {
    // Only what has to wait is weighed.
    const bytes = this.#queue.size === 0 ? 0 : JSON.stringify(result).length;
    this.#bytes += bytes;
    this.#queue.push({ result, bytes });
    if (this.#bytes > mostWaiting.bytes) this.#fallBehind();
  }

  fail(error: Error): void {
    this.#queue.fail(error);
  }

  end(): void {
    this.#queue.end();
  }

  read(): AsyncIterableIterator<AnyResult> {
    const queue = this.#queue;
    const events: AsyncIterableIterator<AnyResult> = {
      next: async () => {
        const item = await queue.next();
        if (item.done) return { value: undefined, done: true };
        this.#bytes -= item.value.bytes;
        this.#tookOne();
        return { value: item.value.result, done: false };
      },
      async return() {
        await queue.return();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => events,
    };
    return events;
  }

  #tookOne(): void {
    this.#taken += 1;
    if (this.#taken < windowEvents / 2) return;
    this.onTaken(this.#taken);
    this.#taken = 0;
  }

  #fallBehind(): void {
    this.fail(new UpstreamLostError('the reader fell too far behind'));
  }
}

class UpstreamWebSocket extends WebSocket {
  constructor(url: string, protocols: string) {
    super(url, protocols, {
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: 10 * 1_024 * 1_024,
      handshakeTimeout: 5_000,
    });
  }
}

/** graphql-ws hands over either the errors that the subgraph sent or the event that ended the socket. */
function asStreamError(reason: unknown): Error {
  if (Array.isArray(reason)) return new StreamErrors(reason as AnyError[]);
  return new UpstreamLostError('the connection to the subgraph ended', {
    cause: reason instanceof Error ? reason : describeClose(reason),
  });
}

function describeClose(event: unknown): Error {
  const { code, reason } = (event ?? {}) as { code?: unknown; reason?: unknown };
  return new Error(`closed with ${String(code)} ${String(reason)}`);
}
