import { Input } from './streams.js';

/** Beyond this the writer waits. */
const ROOM_BYTES = 1 << 20;

/** Bytes that wait to be read by a process. */
export class InputQueue extends Input {
  private pieces: string[] = [];
  private size = 0;
  private isEnded = false;
  private readonly waiting = new Set<() => void>();
  private readonly blocked: (() => void)[] = [];

  /** Called when somebody starts to wait for input. */
  onWanted: () => void = () => undefined;

  constructor(override isTerminal = false) {
    super();
  }

  /** Somebody waits for input. */
  get isWanted(): boolean {
    return this.waiting.size > 0;
  }

  push(bytes: string): void {
    if (bytes === '') return;
    this.pieces.push(bytes);
    this.size += bytes.length;
    this.wake();
  }

  end(): void {
    this.isEnded = true;
    this.wake();
  }

  /** When there is room for more. */
  async room(): Promise<void> {
    if (this.size < ROOM_BYTES || this.isEnded) return;
    await new Promise<void>((resolve) => {
      this.blocked.push(resolve);
    });
  }

  /** Nobody will read any more. */
  override close(): void {
    this.pieces = [];
    this.size = 0;
    this.end();
    this.release();
  }

  /** Takes back what nobody has read. */
  drain(): string {
    const rest = this.pieces.join('');
    this.pieces = [];
    this.size = 0;
    this.release();
    return rest;
  }

  protected async next(signal: AbortSignal): Promise<string> {
    while (this.size === 0 && !this.isEnded) {
      await this.change(signal);
      signal.throwIfAborted();
    }
    // A terminal's end of input is for one reader; the next one reads on.
    if (this.size === 0 && this.isTerminal) this.isEnded = false;
    return this.drain();
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      this.onWanted();
    });
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }

  private release(): void {
    for (const resolve of this.blocked.splice(0)) resolve();
  }
}
