import type { Duplex } from 'node:stream';
import { CloseCode } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../clock.js';
import { UnauthenticatedError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { AttendedTime } from './attended-time.js';
import { IncomingFrames } from './incoming-frames.js';
import { MessageBudget } from './message-budget.js';
import { type ClientMessage, readMessage } from './socket-message.js';
import { SocketOperation } from './socket-operation.js';
import type { RunningOperation, SocketReceiver, SocketService } from './socket-service.js';
import { textFrame } from './text-frame.js';

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

/** In milliseconds; injected by tests. */
export const socketTimes = {
  /** For `connection_init` to come (4408). */
  init: 10_000,
  ping: 12_000,
  /** For a peer that takes nothing of what waits for it (4410), to which no ping would get through. */
  slowestRead: 60_000,
  /** For a message that was begun to be finished (1008). */
  unfinishedMessage: 10_000,
  /** After its token has expired a socket is closed; its subscriptions say before why they end. */
  expiryGrace: 1_000,
  /** For a peer to answer that the socket closes. */
  goodbye: 2_000,
};
export type SocketTimes = typeof socketTimes;

/** Unsent bytes from which a socket's subscriptions ask their sources to wait, and leave those that others share. */
const fullBytes = 64 * 1_024;
const overfullBytes = 1_024 * 1_024;

export interface ConnectionParts<Peer extends object, Operation extends RunningOperation> {
  readonly service: SocketService<Peer, Operation>;
  /** May send any number of messages in a second. */
  readonly isPeerTrusted: boolean;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly times: SocketTimes;
  /** What `times` are measured with. */
  readonly time: AttendedTime;
}

/** The server's side of the graphql-transport-ws protocol, on one socket. */
export class SocketConnection<Peer extends object, Operation extends RunningOperation> {
  readonly #running = new Map<string, SocketOperation<Operation>>();
  readonly #budget: MessageBudget | undefined;
  readonly #frames = new IncomingFrames();
  readonly #openedAt: number;
  #initialised = false;
  #peer: Peer | undefined;
  #answeredPing = true;
  #pingAt: number;
  #isPingOverdue = false;
  #blockedAt: number | undefined;
  #unfinishedAt: number | undefined;

  constructor(
    private readonly socket: WebSocket,
    /** What `socket` writes to. */
    private readonly wire: Duplex,
    private readonly address: string | null,
    private readonly parts: ConnectionParts<Peer, Operation>,
  ) {
    this.#openedAt = parts.time.now;
    this.#pingAt = this.#openedAt + parts.times.ping;
    this.#budget = parts.isPeerTrusted ? undefined : new MessageBudget();
    wire.on('data', (chunk: Uint8Array) => this.#frames.read(chunk));
    socket.on('message', (data: RawData) => this.#receive(String(data)));
    socket.on('pong', () => {
      this.#answeredPing = true;
    });
    socket.on('error', (error) => parts.logger.debug({ error }, 'socket failed'));
    socket.once('close', () => {
      for (const operation of this.#running.values()) operation.running?.leave();
      this.#running.clear();
    });
    wire.on('drain', () => {
      this.#blockedAt = undefined;
      // It takes what it is sent: its pong may still wait behind that.
      this.#answeredPing = true;
      for (const operation of this.#running.values()) operation.drained();
    });
  }

  get room(): SocketReceiver['room'] {
    const waiting = this.wire.writableLength;
    if (waiting < fullBytes) return 'free';
    return waiting < overfullBytes ? 'full' : 'overfull';
  }

  /** A message whose parts are encoded; see `textFrame`. */
  sendFrame(own: Buffer, shared: Buffer): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (!this.wire.write(textFrame(own, shared))) this.#blockedAt ??= this.parts.time.now;
  }

  sendMessage(message: object): void {
    this.sendFrame(Buffer.from(JSON.stringify(message)), none);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
    setTimeout(() => this.socket.terminate(), this.parts.times.goodbye).unref();
  }

  /**
   * Looked at now and then, one timer for all sockets: whether it has to be pinged or closed.
   *
   * @param now of `parts.time`
   */
  check(now: number): void {
    const { times, service, clock } = this.parts;
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (!this.#peer && now - this.#openedAt > times.init) {
      this.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
    } else if (this.#blockedAt !== undefined && now - this.#blockedAt > times.slowestRead) {
      this.close(closeCodes.tooSlow, 'Too slow');
    } else if (this.#isUnfinishedFor(times.unfinishedMessage, now)) {
      this.close(closeCodes.policyViolation, 'Message not finished');
    } else if (
      this.#peer &&
      (service.expiry?.at(this.#peer) ?? Infinity) + times.expiryGrace <= clock.now()
    ) {
      this.#expire(this.#peer);
    } else if (now >= this.#pingAt && this.#blockedAt === undefined) this.#ping(now);
  }

  /** A busy process may look at sockets before it has looked at operations: those that run are told here. */
  #expire(peer: Peer): void {
    const errors = this.parts.service.expiry?.errors(peer) ?? [];
    for (const operation of [...this.#running.values()]) {
      operation.running?.leave();
      operation.fail(errors);
    }
    this.close(closeCodes.forbidden, 'Token expired');
  }

  #ping(now: number): void {
    if (this.#answeredPing) {
      this.#answeredPing = false;
      this.#isPingOverdue = false;
      this.#pingAt = now + this.parts.times.ping;
      this.socket.ping();
    } else if (this.#isPingOverdue) this.socket.terminate();
    // A process that was busy has yet to read the answer that is there.
    else this.#isPingOverdue = true;
  }

  #isUnfinishedFor(limit: number, now: number): boolean {
    if (!this.#frames.isMessageUnfinished) this.#unfinishedAt = undefined;
    else this.#unfinishedAt ??= now;
    return this.#unfinishedAt !== undefined && now - this.#unfinishedAt > limit;
  }

  #receive(text: string): void {
    this.#unfinishedAt = undefined;
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.#budget?.spend() === false) {
      this.close(closeCodes.policyViolation, 'Too many messages');
      return;
    }
    const message = readMessage(text);
    if (message) this.#handle(message);
    else this.close(CloseCode.BadRequest, 'Invalid message');
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'connection_init':
        if (this.#initialised) {
          this.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
          return;
        }
        this.#initialised = true;
        void this.#initialise(message.payload ?? {});
        return;
      case 'ping':
        this.sendMessage({ type: 'pong', ...(message.payload ? { payload: message.payload } : {}) });
        return;
      case 'pong':
        if (message.payload) {
          this.parts.service.pong?.(message.payload, (id) => this.#running.get(id)?.running);
        }
        return;
      case 'subscribe':
        this.#subscribe(message);
        return;
      case 'complete':
        this.#running.get(message.id)?.running?.leave();
        this.#running.delete(message.id);
    }
  }

  async #initialise(params: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      this.#peer = await this.parts.service.authenticate(params, this.address);
      this.sendMessage({ type: 'connection_ack' });
    } catch (error) {
      if (error instanceof UnauthenticatedError) return this.close(closeCodes.forbidden, 'Forbidden');
      this.parts.logger.error({ error }, 'a socket could not be accepted');
      this.close(CloseCode.InternalServerError, 'Internal server error');
    }
  }

  #subscribe({ id, payload }: Extract<ClientMessage, { type: 'subscribe' }>): void {
    const peer = this.#peer;
    if (!peer) {
      this.close(CloseCode.Unauthorized, 'Unauthorized');
      return;
    }
    if (this.#running.has(id)) {
      // At most 123 bytes fit into a close frame.
      const name = id.length <= 30 ? `for ${id} ` : '';
      this.close(CloseCode.SubscriberAlreadyExists, `Subscriber ${name}already exists`);
      return;
    }
    const operation = new SocketOperation<Operation>(id, this, () => this.#running.delete(id));
    this.#running.set(id, operation);
    operation.running = this.parts.service.start(payload, peer, operation);
  }
}

const none = Buffer.alloc(0);
