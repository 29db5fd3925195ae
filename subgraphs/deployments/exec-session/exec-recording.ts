import type { Clock } from '../../shared/clock.js';
import type { ExecOutput } from '../../shared/kubernetes/exec-socket.js';
import type { Logger } from '../../shared/logger.js';
import { type AsciicastCode, eventLine, Utf8Pieces } from './asciicast.js';

export interface RecordingOptions {
  readonly recordsInput: boolean;
  /** Bytes of the whole recording at most. */
  readonly limit: number;
  /** Stores one piece; trying again with the same number is safe. */
  readonly write: (sequence: number, text: string) => Promise<void>;
  /** More waits to be stored than should: hold the output back until `false`. */
  readonly onPressure: (pressed: boolean) => void;
  /** It can't be stored: what can't be recorded must not go on. */
  readonly onLost: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** After a crash only this much is missing. */
const flushMilliseconds = 1_000;
const pieceCharacters = 256 * 1024;
const highWater = 512 * 1024;
const patienceMilliseconds = 15_000;

/** Writes what a session shows into the database, every second. */
export class ExecRecording {
  readonly #startedAt: number;
  readonly #texts = { STDOUT: new Utf8Pieces(), STDERR: new Utf8Pieces(), input: new Utf8Pieces() };
  readonly #timer: NodeJS.Timeout;
  #waiting = '';
  #written = 0;
  #sequence = 0;
  #pressed = false;
  #full = false;
  #writing: Promise<void> | undefined;
  #failingSince: number | undefined;

  constructor(private readonly options: RecordingOptions) {
    this.#startedAt = options.clock.now();
    this.#timer = setInterval(() => void this.#flush(), flushMilliseconds).unref();
  }

  output({ stream, bytes }: ExecOutput): void {
    this.#add('o', this.#texts[stream].next(bytes));
  }

  input(bytes: Uint8Array): void {
    if (this.options.recordsInput) this.#add('i', this.#texts.input.next(bytes));
  }

  resized(columns: number, rows: number): void {
    this.#add('r', `${columns}x${rows}`);
  }

  /** Stores what is left. True when nothing is missing. */
  async finish(): Promise<boolean> {
    clearInterval(this.#timer);
    this.#add('o', this.#texts.STDOUT.rest());
    this.#add('o', this.#texts.STDERR.rest());
    this.#add('i', this.#texts.input.rest());
    while (this.#waiting !== '') {
      const before = this.#waiting;
      await this.#flush();
      if (this.#waiting === before) return false;
    }
    return !this.#full;
  }

  #add(code: AsciicastCode, data: string): void {
    if (this.#full || data === '') return;
    const seconds = (this.options.clock.now() - this.#startedAt) / 1_000;
    const line = eventLine(seconds, code, data);
    this.#written += Buffer.byteLength(line);
    if (this.#written > this.options.limit) {
      this.#full = true;
      this.#waiting += eventLine(
        seconds,
        'm',
        `The recording ends here: it may have ${this.options.limit} bytes at most.`,
      );
    } else this.#waiting += line;
    this.#press();
    if (this.#waiting.length >= pieceCharacters) void this.#flush();
  }

  #flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    const text = this.#waiting;
    if (text === '') return;
    try {
      await this.options.write(this.#sequence, text);
      this.#failingSince = undefined;
      this.#sequence++;
      this.#waiting = this.#waiting.slice(text.length);
      this.#press();
    } catch (error) {
      const now = this.options.clock.now();
      this.#failingSince ??= now;
      this.options.logger.warn({ error }, 'recording of an exec session could not be written');
      if (now - this.#failingSince >= patienceMilliseconds) this.options.onLost();
    }
  }

  #press(): void {
    const pressed = this.#waiting.length > highWater;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.options.onPressure(pressed);
  }
}
