import type { Clock } from '../../shared/clock.js';
import { BadUserInputError } from '../../shared/errors.js';
import type { ExecEnd, ExecOutput, ExecSocket } from '../../shared/kubernetes/exec-socket.js';
import { pause } from '../../shared/kubernetes/pause.js';
import { SessionEndedError } from './exec-errors.js';
import { type ExecEventValue, ExecReader, outputEvent } from './exec-reader.js';
import { InputOrder, type InputPiece, type InputPlace } from './input-order.js';
import { OutputRing } from './output-ring.js';

/** The process in the cluster. */
export type ExecProcess = Pick<
  ExecSocket,
  'pause' | 'resume' | 'write' | 'canCloseInput' | 'closeInput' | 'resize' | 'close' | 'ended'
>;

export interface ExecTarget {
  readonly id: string;
  readonly userId: string;
  readonly serviceId: string;
  readonly pod: string;
  readonly container: string;
  readonly command: string[];
  readonly tty: boolean;
  readonly recorded: boolean;
}

/** Sees everything that passes. */
export interface ExecWitness {
  output(output: ExecOutput): void;
  input(bytes: Uint8Array): void;
  resized(columns: number, rows: number): void;
}

interface AcceptedInput {
  /** Resolves when the container has taken it. */
  readonly written: Promise<void>;
}

/** The last screenful, for who comes back: enough for any terminal with colours. */
export const replayBytes = 64 * 1024;
/** Input is answered when the container has taken it, or after this: it waits its turn then. */
const inputMilliseconds = 2_000;

/** A process in a container and the one reader of its output, who may leave and come back. */
export class ExecSession {
  readonly #replay = new OutputRing(replayBytes);
  readonly #holders = new Set<object>();
  readonly #order = new InputOrder<AcceptedInput | undefined>();
  #process: ExecProcess | undefined;
  #reader: ExecReader | undefined;
  #end: ExecEnd | undefined;
  #closing: string | undefined;
  #lastActive: number;
  #detachedAt: number | null;
  bytesIn = 0;
  bytesOut = 0;

  constructor(
    readonly target: ExecTarget,
    private readonly clock: Clock,
    private readonly witness: ExecWitness | null = null,
  ) {
    this.#lastActive = clock.now();
    this.#detachedAt = clock.now();
  }

  get ended(): ExecEnd | undefined {
    return this.#end;
  }

  /** When the last byte went in or came out. */
  get lastActive(): number {
    return this.#lastActive;
  }

  /** Since when nobody reads; null while somebody does. */
  get detachedAt(): number | null {
    return this.#detachedAt;
  }

  /** Resolves with how the session ended, in words for whoever had it, who is told by `tellEnd`. */
  async run(process: ExecProcess): Promise<ExecEnd> {
    this.#process = process;
    if (this.#holders.size > 0) process.pause();
    return this.finish(await process.ended);
  }

  output(output: ExecOutput): void {
    this.bytesOut += output.bytes.length;
    this.#lastActive = this.clock.now();
    this.#replay.push(output);
    this.witness?.output(output);
    this.#reader?.push(output);
  }

  finish(end: ExecEnd): ExecEnd {
    if (this.#end) return this.#end;
    this.#end = this.#closing === undefined ? end : { ...end, reason: closedReason(this.#closing, end) };
    this.#endInput(this.#end.reason);
    return this.#end;
  }

  /** The last event for its reader, when it has ended. */
  tellEnd(): void {
    if (this.#end) this.#reader?.end(this.#end);
  }

  /**
   * Numbered input in the order of its numbers, other input in the order of the calls. Resolves when the container has
   * taken it, or after 2 s, with the number that its writer is to send next (null without numbers); at once when it is
   * numbered and comes early or again. TooLargeError when more than 1 MiB would wait for the container;
   * BadUserInputError when the end of the input can't be told to the cluster; and as `InputOrder.take`.
   */
  async input(piece: InputPiece, place?: InputPlace): Promise<number | null> {
    const accept = () => this.#accept(piece);
    if (!place) {
      await this.#untilTaken(await accept());
      return null;
    }
    const { next, applied } = await this.#order.take(place, piece, accept);
    await this.#untilTaken(applied);
    return next;
  }

  /** Hands the input to the process; all of it is refused, or nothing. */
  async #accept({ bytes, isLast }: InputPiece): Promise<AcceptedInput | undefined> {
    const process = this.#process;
    if (!process) return undefined;
    if (isLast && !process.canCloseInput) {
      throw BadUserInputError.at(
        ['input', 'end'],
        'This cluster is too old to be told that the input ends: use execClose.',
      );
    }
    const written = process.write(bytes);
    // What fails later is the end of the session, and told as that.
    written.catch(() => undefined);
    // A refusal is there at once.
    await Promise.race([written, Promise.resolve()]);
    this.bytesIn += bytes.length;
    this.#lastActive = this.clock.now();
    this.witness?.input(bytes);
    if (isLast) process.closeInput();
    return { written };
  }

  async #untilTaken(input: AcceptedInput | undefined): Promise<void> {
    if (!input) return;
    const waited = new AbortController();
    await Promise.race([input.written, pause(inputMilliseconds, waited.signal)]).finally(() =>
      waited.abort(),
    );
  }

  #endInput(why: string): void {
    this.#order.end(new SessionEndedError(this.target.id, why, ['input', 'sessionId']));
  }

  resize(columns: number, rows: number): void {
    this.#process?.resize(columns, rows);
    this.witness?.resized(columns, rows);
  }

  /** Ends the process as far as the cluster allows; `why` is what its reader and the records say. */
  async close(why: string): Promise<void> {
    this.#closing ??= why;
    this.#endInput(why);
    await this.#process?.close();
  }

  /** The same, without another byte for its reader. */
  async revoke(why: string): Promise<void> {
    this.#reader?.cut(why);
    await this.close(why);
  }

  /** Holds the process's output back until `holder` lets go of it. */
  hold(holder: object, held: boolean): void {
    if (held) this.#holders.add(holder);
    else this.#holders.delete(holder);
    if (this.#holders.size === 0) this.#process?.resume();
    else this.#process?.pause();
  }

  /** The session's events from here on; whoever read it before is sent away. */
  attach(options: {
    banner?: Uint8Array | undefined;
    replay: boolean;
  }): AsyncIterableIterator<ExecEventValue> {
    this.#reader?.end({ exitCode: null, reason: 'Another reader has taken the session over.' });
    const { id: sessionId, pod, container, command, tty, recorded } = this.target;
    const reader: ExecReader = new ExecReader(
      [
        { type: 'STARTED', sessionId, pod, container, command, tty, recorded },
        ...(options.banner ? [outputEvent('STDOUT', options.banner)] : []),
      ],
      {
        pressed: (pressed) => this.hold(reader, pressed),
        left: () => {
          // Nobody reads: output goes on, and the last of it is kept.
          this.hold(reader, false);
          if (this.#reader !== reader) return;
          this.#reader = undefined;
          this.#detachedAt = this.clock.now();
        },
      },
    );
    if (this.#reader) this.hold(this.#reader, false);
    this.#reader = reader;
    this.#detachedAt = null;
    if (options.replay) for (const output of this.#replay.pieces) reader.push(output);
    return reader;
  }
}

const closedReason = (why: string, { exitCode }: ExecEnd): string =>
  exitCode === null ? `${why}; the process was told to end and may still run` : why;
