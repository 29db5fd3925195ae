import type { Server } from 'graphql-ws';
import { CloseCode } from 'graphql-ws';
import type { RawData, ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { Logger } from './logger.js';

/** Limits of ws (reliability.md, section 4): its own defaults let one client hold 100 MiB. */
export const socketServerOptions = {
  noServer: true,
  maxPayload: 64 * 1_024,
  perMessageDeflate: false,
  maxFragments: 256,
} satisfies ServerOptions;

/** Own close codes, beside those of the graphql-transport-ws protocol. */
export const closeCodes = {
  /** The server stops: connect again, to another replica perhaps. */
  goingAway: 1001,
  /** More messages in a second than any honest client sends. */
  policyViolation: 1008,
  /** The client has not read for a minute. */
  tooSlow: 4410,
  forbidden: CloseCode.Forbidden,
} as const;

const pingMilliseconds = 12_000;
/** For a peer to answer that the socket closes. */
const goodbyeMilliseconds = 2_000;
const slowestReadMilliseconds = 60_000;
const messagesPerTurn = 16;
const messagesPerSecond = 200;
const messageBurst = 400;

/**
 * Connects one WebSocket to a graphql-ws server: pings, and ends a peer that does not answer them; sends no faster
 * than the peer reads; closes one that stopped reading or that floods. (graphql-ws's own `useServer` writes to the
 * console and has no limits.)
 */
export function connectGraphqlSocket<E>(
  server: Server<E>,
  socket: WebSocket,
  extra: E,
  logger: Logger,
): void {
  const budget = new MessageBudget();
  const stopPings = keepAlive(socket);
  socket.on('error', (error) => logger.debug({ error }, 'socket failed'));
  const closed = server.opened(
    {
      protocol: socket.protocol,
      send: sender(socket),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) =>
        socket.on('message', (data: RawData) => {
          if (!budget.spend()) {
            socket.close(closeCodes.policyViolation, 'Too many messages');
            return;
          }
          handle(String(data)).catch((error) => {
            logger.error({ error }, 'handling a socket message failed');
            socket.close(CloseCode.InternalServerError, 'Internal server error');
          });
        }),
    },
    extra,
  );
  socket.once('close', (code, reason) => {
    stopPings();
    closed(code, String(reason)).catch((error) => logger.error({ error }, 'closing a socket failed'));
  });
}

/** Tells every peer that we stop (1001), without completing what it subscribed to: it may go on elsewhere. */
export function closeSockets(sockets: WebSocketServer): void {
  for (const socket of sockets.clients) socket.close(closeCodes.goingAway, 'Going away');
  setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, goodbyeMilliseconds).unref();
}

/** graphql-ws sends what a stream throws as an `error` message: the one way to say that an operation failed as a whole. */
export function failingStream(error: unknown): AsyncIterableIterator<never> {
  const stream: AsyncIterableIterator<never> = {
    next: () => Promise.reject(error),
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

/**
 * Sends one message after the other, each when the one before it has left. A stream is read no faster: when the peer
 * is gone it waits for the `close` event, which ends the stream, and now and then everything else gets a turn. (A
 * source that always has an event ready would otherwise keep the process from ever seeing the close.)
 */
function sender(socket: WebSocket): (data: string) => Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let sent = 0;
  return (data) => {
    if (socket.readyState !== socket.OPEN) return closed;
    return new Promise((resolve) => {
      const tooSlow = setTimeout(() => {
        socket.close(closeCodes.tooSlow, 'Too slow');
        socket.terminate();
      }, slowestReadMilliseconds);
      socket.send(data, (error) => {
        clearTimeout(tooSlow);
        sent += 1;
        if (error) void closed.then(resolve);
        else if (sent % messagesPerTurn === 0) setImmediate(resolve);
        else resolve();
      });
    });
  };
}

function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, pingMilliseconds);
  return () => clearInterval(timer);
}

/** A token bucket on the monotonic clock. */
class MessageBudget {
  #tokens = messageBurst;
  #filledAt = performance.now();

  spend(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(
      messageBurst,
      this.#tokens + ((now - this.#filledAt) / 1_000) * messagesPerSecond,
    );
    this.#filledAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0;
  }
}
