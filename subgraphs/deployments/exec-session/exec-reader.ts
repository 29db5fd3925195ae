import { isUtf8 } from 'node:buffer';
import type { ExecOutput } from '../../shared/kubernetes/exec-socket.js';

export type ExecEventValue =
  | {
      readonly type: 'STARTED';
      readonly sessionId: string;
      readonly pod: string;
      readonly container: string;
      readonly command: string[];
      readonly tty: boolean;
      readonly recorded: boolean;
    }
  | {
      readonly type: 'OUTPUT';
      readonly stream: 'STDOUT' | 'STDERR';
      readonly text: string | null;
      readonly dataBase64: string;
    }
  | { readonly type: 'EXITED'; readonly exitCode: number | null; readonly reason: string };

/** One event holds at most this much, so that it fits any reader's frames. */
const pieceBytes = 32 * 1024;
/** More than this unread makes the cluster hold the process's output back. */
const highWater = 256 * 1024;
const lowWater = 64 * 1024;

export const outputEvent = (stream: 'STDOUT' | 'STDERR', bytes: Uint8Array): ExecEventValue => ({
  type: 'OUTPUT',
  stream,
  // Half a character at either end makes it no text: the bytes are exact, the text is a convenience.
  text: isUtf8(bytes) ? Buffer.from(bytes).toString() : null,
  dataBase64: Buffer.from(bytes).toString('base64'),
});

/** The events of one session on their way to the one who reads them. */
export class ExecReader implements AsyncIterableIterator<ExecEventValue> {
  readonly #waiting: ExecEventValue[];
  #bytes = 0;
  #pressed = false;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(
    first: ExecEventValue[],
    private readonly source: {
      /** More is unread than should be: hold the output back until `false`. */
      pressed(pressed: boolean): void;
      left(): void;
    },
  ) {
    this.#waiting = first;
  }

  push({ stream, bytes }: ExecOutput): void {
    if (this.#ended) return;
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      this.#waiting.push(outputEvent(stream, bytes.subarray(start, start + pieceBytes)));
    }
    this.#bytes += bytes.length;
    if (!this.#pressed && this.#bytes > highWater) this.#press(true);
    this.#wake();
  }

  end({ exitCode, reason }: { exitCode: number | null; reason: string }): void {
    if (this.#ended) return;
    this.#waiting.push({ type: 'EXITED', exitCode, reason });
    this.#ended = true;
    this.#wake();
  }

  /** Ends it without what is still unread. */
  cut(reason: string): void {
    this.#waiting.length = 0;
    this.end({ exitCode: null, reason });
  }

  async next(): Promise<IteratorResult<ExecEventValue>> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event) {
        if (event.type === 'OUTPUT') this.#taken(Buffer.byteLength(event.dataBase64, 'base64'));
        return { value: event, done: false };
      }
      if (this.#ended) return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<ExecEventValue>> {
    this.#waiting.length = 0;
    this.#ended = true;
    this.#wake();
    this.source.left();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #taken(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
    if (this.#pressed && this.#bytes < lowWater) this.#press(false);
  }

  #press(pressed: boolean): void {
    this.#pressed = pressed;
    this.source.pressed(pressed);
  }
}
