import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { BoundedQueue } from '../../subgraphs/shared/bounded-queue.js';
import { callerContextHeader, signCallerContext } from '../../subgraphs/shared/caller-context.js';
import { type AnyError, StreamErrors } from '../../subgraphs/shared/masked-result.js';
import { requestBody, type SubgraphRequest } from '../../subgraphs/shared/subgraph-execution.js';
import { connectionBody } from '../../subgraphs/shared/subgraph-socket.js';
import { type RequestScope, type SubgraphResult, UpstreamLostError } from './source.js';

/** What may wait for one reader; a stream that falls further behind is dropped, to be resumed with its cursor. */
const maxWaitingEvents = 1_000;
const maxWaitingBytes = 4 * 1_024 * 1_024;
const pingMilliseconds = 10_000;
const idleSocketMilliseconds = 3_000;

/** All subscriptions to one subgraph process, over one socket that is opened on first need. */
export class UpstreamSocket {
  readonly #client: Client;
  readonly #sign: (caller: RequestScope['caller'], body: string) => Promise<string>;

  constructor(options: { readonly name: string; readonly url: string; readonly key: Uint8Array }) {
    this.#sign = (caller, body) =>
      signCallerContext(caller, { key: options.key, audience: options.name, body });
    this.#client = createClient({
      url: options.url,
      webSocketImpl: UpstreamWebSocket,
      // Each subscription is resumed by its own cursor, not by asking for the whole again.
      retryAttempts: 0,
      lazyCloseTimeout: idleSocketMilliseconds,
      connectionAckWaitTimeout: 5_000,
      keepAlive: pingMilliseconds,
      connectionParams: async () => ({
        [callerContextHeader]: await this.#sign(
          { userId: null, requestId: 'connection', address: null },
          connectionBody,
        ),
      }),
    });
    this.#endSilentSockets();
  }

  async subscribe(
    request: SubgraphRequest,
    { caller, signal }: RequestScope,
  ): Promise<AsyncIterableIterator<SubgraphResult>> {
    const { query, operationName, variables = {} } = request;
    const token = await this.#sign(caller, requestBody(request));
    signal.throwIfAborted();
    const waiting = new WaitingEvents(signal);
    waiting.onLeave = this.#client.subscribe(
      { query, operationName, variables, extensions: { [callerContextHeader]: token } },
      {
        next: (result) => waiting.push(result as SubgraphResult),
        error: (reason) => waiting.fail(asStreamError(reason)),
        complete: () => waiting.end(),
      },
    );
    return waiting.read();
  }

  dispose(): void {
    void this.#client.dispose();
    this.#client.terminate();
  }

  /** A socket whose peer is gone without a word is only noticed by a ping that stays unanswered. */
  #endSilentSockets(): void {
    let waiting: NodeJS.Timeout | undefined;
    this.#client.on('ping', (received) => {
      if (received) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => this.#client.terminate(), pingMilliseconds / 2).unref();
    });
    this.#client.on('pong', (received) => {
      if (received) clearTimeout(waiting);
    });
    this.#client.on('closed', () => clearTimeout(waiting));
  }
}

/** The events of one subscription between the shared socket, which must not wait, and its reader. */
class WaitingEvents {
  onLeave: () => void = () => undefined;
  #bytes = 0;
  readonly #queue: BoundedQueue<{ result: SubgraphResult; bytes: number }>;

  constructor(signal: AbortSignal) {
    const leave = (): void => void this.#queue.return();
    this.#queue = new BoundedQueue({
      limit: maxWaitingEvents,
      onOverflow: (items) => {
        this.#fallBehind();
        return items.slice(0, maxWaitingEvents);
      },
      onClose: () => {
        signal.removeEventListener('abort', leave);
        this.onLeave();
      },
    });
    signal.addEventListener('abort', leave, { once: true });
  }

  push(result: SubgraphResult): void {
    // Only what has to wait is weighed.
    const bytes = this.#queue.size === 0 ? 0 : JSON.stringify(result).length;
    this.#bytes += bytes;
    this.#queue.push({ result, bytes });
    if (this.#bytes > maxWaitingBytes) this.#fallBehind();
  }

  fail(error: Error): void {
    this.#queue.fail(error);
  }

  end(): void {
    this.#queue.end();
  }

  #fallBehind(): void {
    this.fail(new UpstreamLostError('the reader fell too far behind'));
  }

  read(): AsyncIterableIterator<SubgraphResult> {
    const queue = this.#queue;
    const events: AsyncIterableIterator<SubgraphResult> = {
      next: async () => {
        const item = await queue.next();
        if (item.done) return { value: undefined, done: true };
        this.#bytes -= item.value.bytes;
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
