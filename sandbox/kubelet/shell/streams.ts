import { BrokenPipe } from './signals.js';

/** Where bytes come from. Bytes are latin1 text everywhere in the shell: one character for each byte. */
export abstract class Input {
  private rest = '';
  isTerminal = false;

  /** The next piece; the empty string at the end. */
  protected abstract next(signal: AbortSignal): Promise<string>;

  async read(signal: AbortSignal): Promise<string> {
    if (this.rest === '') return this.next(signal);
    const { rest } = this;
    this.rest = '';
    return rest;
  }

  /** With its line feed, unless the input ends before. */
  async readLine(signal: AbortSignal): Promise<string> {
    let line = '';
    for (let piece = await this.read(signal); piece !== ''; piece = await this.read(signal)) {
      const end = piece.indexOf('\n') + 1;
      if (end > 0) {
        this.unread(piece.slice(end));
        return line + piece.slice(0, end);
      }
      line += piece;
    }
    return line;
  }

  async readAll(signal: AbortSignal, limit: number): Promise<string> {
    const pieces: string[] = [];
    let size = 0;
    for (let piece = await this.read(signal); piece !== ''; piece = await this.read(signal)) {
      size += piece.length;
      if (size > limit) throw new Error('memory exhausted');
      pieces.push(piece);
    }
    return pieces.join('');
  }

  /** What was read too far is there for the next reader. */
  unread(bytes: string): void {
    this.rest = bytes + this.rest;
  }

  /** Nobody reads any more. */
  close(): void {}
}

/** Where bytes go. A write waits while the reader is behind. */
export interface Output {
  readonly isTerminal: boolean;
  write(bytes: string): Promise<void>;
  /** Nothing more is written. */
  close(): void;
}

export class TextInput extends Input {
  constructor(private text: string) {
    super();
  }

  protected async next(): Promise<string> {
    const { text } = this;
    this.text = '';
    return text;
  }
}

/** As /dev/zero, or yes. */
export class EndlessInput extends Input {
  constructor(private readonly piece: string) {
    super();
  }

  protected async next(): Promise<string> {
    return this.piece;
  }
}

export class DiscardingOutput implements Output {
  readonly isTerminal = false;
  async write(): Promise<void> {}
  close(): void {}
}

/** Keeps what is written, up to a limit. */
export class CollectingOutput implements Output {
  readonly isTerminal = false;
  private readonly pieces: string[] = [];
  private size = 0;

  constructor(private readonly limit: number) {}

  async write(bytes: string): Promise<void> {
    this.size += bytes.length;
    if (this.size > this.limit) throw new Error('memory exhausted');
    this.pieces.push(bytes);
  }

  close(): void {}

  get text(): string {
    return this.pieces.join('');
  }
}

const PIPE_BYTES = 65_536;

/** Between two commands: holds a little, then its writer waits; ends its writer when nobody reads any more. */
export class Pipe extends Input implements Output {
  private buffered: string[] = [];
  private size = 0;
  private isWritten = false;
  private isAbandoned = false;
  private readonly waiting = new Set<() => void>();

  readonly writer: Output = {
    isTerminal: false,
    write: (bytes) => this.write(bytes),
    close: () => this.end(),
  };

  async write(bytes: string): Promise<void> {
    if (bytes === '') return;
    while (this.size >= PIPE_BYTES && !this.isAbandoned) await this.change();
    if (this.isAbandoned) throw new BrokenPipe();
    this.buffered.push(bytes);
    this.size += bytes.length;
    this.wake();
  }

  private end(): void {
    this.isWritten = true;
    this.wake();
  }

  override close(): void {
    this.isAbandoned = true;
    this.buffered = [];
    this.size = 0;
    this.wake();
  }

  protected async next(signal: AbortSignal): Promise<string> {
    while (this.size === 0 && !this.isWritten) {
      await this.change(signal);
      signal.throwIfAborted();
    }
    const bytes = this.buffered.join('');
    this.buffered = [];
    this.size = 0;
    this.wake();
    return bytes;
  }

  private change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }
}

export const bytesOf = (text: string): string =>
  /[\u0080-\uffff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;

export const textOf = (bytes: string): string =>
  /[\u0080-\u00ff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
