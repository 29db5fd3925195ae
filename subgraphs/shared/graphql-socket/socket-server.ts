import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import { AttendedTime } from './attended-time.js';
import {
  type ConnectionParts,
  closeCodes,
  SocketConnection,
  type SocketTimes,
  socketTimes,
} from './socket-connection.js';
import type { RunningOperation, SocketService } from './socket-service.js';

/** Limits of ws (reliability.md, section 4): its own defaults let one client hold 100 MiB. */
export const socketServerOptions = {
  noServer: true,
  maxPayload: 64 * 1_024,
  perMessageDeflate: false,
  maxFragments: 256,
} satisfies ServerOptions;

/** How often all sockets are looked at. */
const checkMilliseconds = 1_000;
/** Of the time between two looks, what counts for clients. */
const attendedMilliseconds = 2 * checkMilliseconds;

export interface SocketServerOptions<Peer extends object, Operation extends RunningOperation> {
  readonly service: SocketService<Peer, Operation>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly times?: SocketTimes;
  /** Of one message, in bytes (1009). */
  readonly maxPayload?: number;
  /** Peers may send any number of messages in a second, instead of 200 (1008). */
  readonly trustsPeers?: boolean;
}

/**
 * The server's side of the graphql-transport-ws protocol (PROTOCOL.md of graphql-ws), over ws: the gateway's for
 * clients, and a subgraph's for gateways. Not graphql-ws's own server, which writes each event as JSON for each
 * socket: at 1,000 and at 10,000 sockets it costs twice the processor time (test/bench/README.md). And it has no
 * limits: these close sockets whose peers are not initialised, don't answer pings, don't read, don't finish a message
 * or send too many.
 */
export class GraphqlSocketServer<Peer extends object, Operation extends RunningOperation> {
  readonly #connections = new Set<SocketConnection<Peer, Operation>>();
  readonly #sockets: WebSocketServer;
  readonly #parts: ConnectionParts<Peer, Operation>;
  readonly #timer: NodeJS.Timeout;

  constructor(options: SocketServerOptions<Peer, Operation>) {
    const { service, logger, clock, times = socketTimes, trustsPeers = false } = options;
    const { maxPayload = socketServerOptions.maxPayload } = options;
    const time = new AttendedTime(attendedMilliseconds);
    this.#parts = { service, logger, clock, times, time, isPeerTrusted: trustsPeers };
    this.#sockets = new WebSocketServer({
      ...socketServerOptions,
      maxPayload,
      handleProtocols: (offered) =>
        offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
    });
    this.#timer = setInterval(
      () => {
        const now = time.look();
        for (const connection of this.#connections) connection.check(now);
      },
      Math.min(checkMilliseconds, ...Object.values(times)),
    ).unref();
  }

  /** Sockets that are open. */
  get open(): number {
    return this.#connections.size;
  }

  /**
   * Answers an upgrade request.
   *
   * @param address of the peer, when it is not simply who connects
   */
  upgrade(
    request: IncomingMessage,
    wire: Duplex,
    head: Buffer,
    address = request.socket.remoteAddress ?? null,
  ): void {
    this.#sockets.handleUpgrade(request, wire, head, (socket) => this.#accept(socket, wire, address));
  }

  /** Tells every peer that we stop (1001), without completing what it subscribed to: it may go on elsewhere. */
  dispose(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets.clients) socket.close(closeCodes.goingAway, 'Going away');
    setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate();
    }, this.#parts.times.goodbye).unref();
  }

  /** A function of its own: what it registers would hold the request, with all its headers, as long as the socket. */
  #accept(socket: WebSocket, wire: Duplex, address: string | null): void {
    const connection = new SocketConnection(socket, wire, address, this.#parts);
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      connection.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
      return;
    }
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }
}
