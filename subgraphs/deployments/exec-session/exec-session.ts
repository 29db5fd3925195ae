import { isUtf8 } from 'node:buffer';
import type { ExecEnd, ExecOutput, ExecSocket } from '../../shared/kubernetes/exec-socket.js';

export type ExecEventValue =
  | {
      readonly type: 'STARTED';
      readonly sessionId: string;
      readonly pod: string;
      readonly container: string;
      readonly command: string[];
      readonly tty: boolean;
    }
  | {
      readonly type: 'OUTPUT';
      readonly stream: 'STDOUT' | 'STDERR';
      readonly text: string | null;
      readonly dataBase64: string;
    }
  | { readonly type: 'EXITED'; readonly exitCode: number | null; readonly reason: string };

export interface ExecTarget {
  readonly id: string;
  readonly userId: string;
  readonly serviceId: string;
  readonly pod: string;
  readonly container: string;
  readonly command: string[];
  readonly tty: boolean;
}

/** One event holds at most this much, so that it fits any reader's frames. */
const pieceBytes = 32 * 1024;
/** More than this unread makes the cluster hold the process's output back. */
const highWater = 256 * 1024;
const lowWater = 64 * 1024;
/** The last screenful, for who comes back. */
const replayBytes = 64 * 1024;

export const outputEvent = (stream: 'STDOUT' | 'STDERR', bytes: Uint8Array): ExecEventValue => ({
  type: 'OUTPUT',
  stream,
  // Half a character at either end makes it no text: the bytes are exact, the text is a convenience.
  text: isUtf8(bytes) ? Buffer.from(bytes).toString() : null,
  dataBase64: Buffer.from(bytes).toString('base64'),
});

/** A process in a container and the one reader of its output, who may leave and come back. */
export class ExecSession {
  #socket: Pick<ExecSocket, 'pause' | 'resume' | 'write' | 'resize' | 'close'> | undefined;
  #reader: Reader | undefined;
  #replay: ExecOutput[] = [];
  #replaySize = 0;
  #end: ExecEnd | undefined;
  bytesIn = 0;
  bytesOut = 0;

  constructor(
    readonly target: ExecTarget,
    /** Called when the last reader has left a process that still runs, and when one is back. */
    private readonly onAttached: (attached: boolean) => void,
  ) {}

  get ended(): ExecEnd | undefined {
    return this.#end;
  }

  get attached(): boolean {
    return this.#reader !== undefined;
  }

  start(socket: Pick<ExecSocket, 'pause' | 'resume' | 'write' | 'resize' | 'close' | 'ended'>): void {
    this.#socket = socket;
    void socket.ended.then((end) => this.finish(end));
  }

  output(output: ExecOutput): void {
    this.bytesOut += output.bytes.length;
    this.#remember(output);
    this.#reader?.push(output);
  }

  finish(end: ExecEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#reader?.end(end);
  }

  async input(bytes: Uint8Array): Promise<void> {
    this.bytesIn += bytes.length;
    await this.#socket?.write(bytes);
  }

  resize(columns: number, rows: number): void {
    this.#socket?.resize(columns, rows);
  }

  async close(): Promise<void> {
    await this.#socket?.close();
  }

  /** The session's events from here on; whoever read it before is sent away. */
  attach(options: {
    banner?: Uint8Array | undefined;
    replay: boolean;
  }): AsyncIterableIterator<ExecEventValue> {
    this.#reader?.end({ exitCode: null, reason: 'Another reader has taken the session over.', error: null });
    const { id: sessionId, pod, container, command, tty } = this.target;
    const reader: Reader = new Reader(
      [
        { type: 'STARTED', sessionId, pod, container, command, tty },
        ...(options.banner ? [outputEvent('STDOUT', options.banner)] : []),
      ],
      {
        pause: () => this.#socket?.pause(),
        resume: () => this.#socket?.resume(),
        left: () => {
          if (this.#reader !== reader) return;
          this.#reader = undefined;
          // Nobody reads: output goes on, and the last of it is kept.
          this.#socket?.resume();
          if (!this.#end) this.onAttached(false);
        },
      },
    );
    this.#reader = reader;
    if (options.replay) for (const output of this.#replay) reader.push(output);
    if (this.#end) reader.end(this.#end);
    else this.onAttached(true);
    return reader;
  }

  #remember(output: ExecOutput): void {
    this.#replay.push(output);
    this.#replaySize += output.bytes.length;
    while (this.#replaySize > replayBytes && this.#replay.length > 1) {
      this.#replaySize -= this.#replay.shift()?.bytes.length ?? 0;
    }
  }
}

class Reader implements AsyncIterableIterator<ExecEventValue> {
  readonly #waiting: ExecEventValue[];
  #bytes = 0;
  #paused = false;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(
    first: ExecEventValue[],
    private readonly source: { pause(): void; resume(): void; left(): void },
  ) {
    this.#waiting = first;
  }

  push({ stream, bytes }: ExecOutput): void {
    if (this.#ended) return;
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      this.#waiting.push(outputEvent(stream, bytes.subarray(start, start + pieceBytes)));
    }
    this.#bytes += bytes.length;
    if (!this.#paused && this.#bytes > highWater) {
      this.#paused = true;
      this.source.pause();
    }
    this.#wake();
  }

  end({ exitCode, reason }: ExecEnd): void {
    if (this.#ended) return;
    this.#waiting.push({ type: 'EXITED', exitCode, reason });
    this.#ended = true;
    this.#wake();
  }

  async next(): Promise<IteratorResult<ExecEventValue>> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event) {
        if (event.type === 'OUTPUT') this.#taken((event.dataBase64.length * 3) / 4);
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
    if (this.#paused && this.#bytes < lowWater) {
      this.#paused = false;
      this.source.resume();
    }
  }
}
