import type { GraphQLFormattedError } from 'graphql';
import type { JsonText, RunningOperation, SocketReceiver } from './socket-service.js';

/** What an operation needs of its socket. */
interface SocketWriter {
  readonly room: SocketReceiver['room'];
  sendFrame(own: Buffer, shared: Buffer): void;
  sendMessage(message: object): void;
}

/** One operation on a socket, as its results are sent. */
export class SocketOperation<Operation extends RunningOperation> implements SocketReceiver {
  /** Undefined while it is started. */
  running: Operation | undefined;
  readonly #head: Buffer;
  #told = false;

  constructor(
    private readonly id: string,
    private readonly connection: SocketWriter,
    private readonly onEnd: () => void,
  ) {
    this.#head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
  }

  get room(): SocketReceiver['room'] {
    const room = this.connection.room;
    if (room !== 'free') this.#told = true;
    return room;
  }

  next(result: JsonText): void {
    this.connection.sendFrame(this.#head, encoded(result));
  }

  complete(): void {
    this.onEnd();
    this.connection.sendMessage({ id: this.id, type: 'complete' });
  }

  fail(errors: readonly GraphQLFormattedError[]): void {
    this.onEnd();
    this.connection.sendMessage({ id: this.id, type: 'error', payload: errors });
  }

  drained(): void {
    if (!this.#told) return;
    this.#told = false;
    this.running?.drained();
  }
}

const tails = new WeakMap<JsonText, Buffer>();

/** With the bracket that closes the message. */
function encoded(result: JsonText): Buffer {
  let tail = tails.get(result);
  if (!tail) {
    tail = Buffer.from(`${result.text}}`);
    tails.set(result, tail);
  }
  return tail;
}
