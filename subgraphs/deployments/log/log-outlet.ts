import { batchLines, LogBuffer } from './log-buffer.js';
import type { LogEventValue, LogLineValue } from './log-events.js';
import { encodePositions } from './log-positions.js';

const batchMilliseconds = 50;
/** How long a full buffer holds the clusters back before lines are dropped. */
const patience = 2_000;

type WithoutCursor<E> = E extends unknown ? Omit<E, 'cursor'> : never;
export type LogMark = WithoutCursor<Exclude<LogEventValue, { type: 'LINES' }>>;

/** The reader's side of a merged log: lines go in one by one and come out in batches, with the cursor after each. */
export class LogOutlet {
  readonly #buffer = new LogBuffer<LogMark>();
  /** Time of the last line sent, for each `pod/container`. */
  readonly #sent: Map<string, string>;
  #state: { readonly kind: 'OPEN' } | { readonly kind: 'ENDED'; error?: unknown } = { kind: 'OPEN' };
  #batchStarted = 0;
  #wakeReader: () => void = () => undefined;
  #waitingForRoom: (() => void)[] = [];

  constructor(sent: ReadonlyMap<string, string>) {
    this.#sent = new Map(sent);
  }

  /** The next event; undefined after the end. */
  async next(): Promise<LogEventValue | undefined> {
    for (;;) {
      const wait = this.#batchWait();
      if (wait === 0) {
        const event = this.#take();
        if (event) return event;
        if (this.#state.kind === 'ENDED') {
          const { error } = this.#state;
          this.#state = { kind: 'ENDED' };
          if (error !== undefined) throw error;
          return undefined;
        }
      }
      await this.#somethingNew(wait);
    }
  }

  push(key: string, time: string, line: LogLineValue): void {
    if (this.#state.kind === 'ENDED') return;
    if (this.#buffer.lines === 0) this.#batchStarted = performance.now();
    this.#buffer.push(key, time, line);
    if (this.#buffer.lines === 1 || this.#buffer.lines >= batchLines) this.#wakeReader();
  }

  mark(mark: LogMark): void {
    if (this.#state.kind === 'ENDED') return;
    this.#buffer.mark(mark);
    this.#wakeReader();
  }

  /** Its lines need no place in the cursor any more. */
  forget(key: string): void {
    this.#sent.delete(key);
  }

  /** Resolves when more may be pushed: at once, or when the reader took something, or when it is too slow for that. */
  async room(): Promise<void> {
    if (!this.#buffer.isFull || this.#state.kind === 'ENDED') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#waitingForRoom.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** What waits is still delivered, then the error thrown when there is one. */
  end(error?: unknown): void {
    if (this.#state.kind === 'ENDED') return;
    this.#state = error === undefined ? { kind: 'ENDED' } : { kind: 'ENDED', error };
    this.#letIn();
    this.#wakeReader();
  }

  /** Nothing more is delivered. */
  discard(): void {
    while (this.#buffer.take());
    this.end();
  }

  /** Milliseconds until the batch is due. */
  #batchWait(): number {
    const { lines } = this.#buffer;
    if (this.#state.kind === 'ENDED' || lines === 0 || lines >= batchLines) return 0;
    return Math.max(0, this.#batchStarted + batchMilliseconds - performance.now());
  }

  #somethingNew(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeout > 0 ? setTimeout(resolve, timeout) : undefined;
      this.#wakeReader = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #take(): LogEventValue | undefined {
    const taken = this.#buffer.take();
    if (!taken) return undefined;
    this.#letIn();
    switch (taken.kind) {
      case 'GAP':
        return {
          type: 'GAP',
          cursor: this.#cursor(),
          dropped: taken.dropped,
          reason: 'Lines came faster than they were read.',
        };
      case 'MARK':
        return { ...taken.mark, cursor: this.#cursor() } as LogEventValue;
      case 'LINES':
        for (const { key, time } of taken.lines) if (time !== '') this.#sent.set(key, time);
        return { type: 'LINES', cursor: this.#cursor(), lines: taken.lines.map(({ line }) => line) };
    }
  }

  #letIn(): void {
    for (const go of this.#waitingForRoom.splice(0)) go();
  }

  #cursor(): string {
    return encodePositions(this.#sent);
  }
}
