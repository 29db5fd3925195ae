import { batchBytes, batchLines, LogBuffer, type Taken } from './log-buffer.js';
import type { RunPlace } from './log-cursor.js';
import type { LogEventValue, LogLineValue } from './log-events.js';
import type { LogProgress } from './log-progress.js';

const batchMilliseconds = 50;
/** How long a full buffer holds the cluster back before lines that are being written now are dropped. */
export const livePatience = 2_000;

type WithoutCursor<E> = E extends unknown ? Omit<E, 'cursor'> : never;
export type LogMark = WithoutCursor<Exclude<LogEventValue, { type: 'LINES' }>> & {
  /** The container is gone for good. */
  readonly gone?: boolean;
};

/** The reader's side of a merged log: lines go in one by one and come out in batches, with the cursor after each. */
export class LogOutlet {
  readonly #buffer = new LogBuffer<LogMark>();
  #state: { readonly kind: 'OPEN' } | { readonly kind: 'ENDED'; error?: unknown } = { kind: 'OPEN' };
  #batchStarted = 0;
  #wakeReader: () => void = () => undefined;
  #waitingForRoom: (() => void)[] = [];

  constructor(private readonly progress: LogProgress) {}

  /** The next event, with at most so many lines; undefined after the end. */
  async next(mostLines = batchLines): Promise<LogEventValue | undefined> {
    for (;;) {
      const wait = this.#batchWait();
      if (wait === 0) {
        const event = this.#take(mostLines);
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

  push(key: string, place: RunPlace, line: LogLineValue): void {
    if (this.#state.kind === 'ENDED') return;
    if (this.#buffer.lines === 0) this.#batchStarted = performance.now();
    this.#buffer.push(key, place, line);
    if (this.#buffer.lines === 1 || this.#isDue) this.#wakeReader();
  }

  /** A line that the reader does not want. */
  skip(key: string, place: RunPlace): void {
    if (!this.#buffer.advance(key, place)) this.progress.had(key, place);
  }

  mark(mark: LogMark): void {
    if (this.#state.kind === 'ENDED') return;
    this.#buffer.mark(mark);
    this.#wakeReader();
  }

  /** Whether the next line would cost the reader the oldest ones. */
  get isFull(): boolean {
    return this.#state.kind === 'OPEN' && this.#buffer.isFull;
  }

  /** Resolves when more may be pushed: at once, or when the reader took something, or when it is too slow for that. */
  async room(patience = Number.POSITIVE_INFINITY): Promise<void> {
    const until = performance.now() + patience;
    while (this.isFull && performance.now() < until) {
      await new Promise<void>((resolve) => {
        const left = until - performance.now();
        const timer = Number.isFinite(left) ? setTimeout(resolve, left) : undefined;
        this.#waitingForRoom.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
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

  get #isDue(): boolean {
    return this.#buffer.lines >= batchLines || this.#buffer.bytes >= batchBytes;
  }

  /** Milliseconds until the batch is due. */
  #batchWait(): number {
    if (this.#state.kind === 'ENDED' || this.#buffer.lines === 0 || this.#isDue) return 0;
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

  #take(mostLines: number): LogEventValue | undefined {
    const taken = this.#buffer.take(mostLines);
    if (!taken) return undefined;
    this.#letIn();
    return this.#event(taken);
  }

  #event(taken: Taken<LogMark>): LogEventValue {
    const { progress } = this;
    switch (taken.kind) {
      case 'GAP':
        return {
          type: 'GAP',
          cursor: progress.encode(),
          dropped: taken.dropped,
          reason: 'Lines came faster than they were read.',
        };
      case 'MARK': {
        const { mark } = taken;
        if (mark.type === 'JOINED') progress.told(`${mark.pod}/${mark.container}`);
        if (mark.type === 'LEFT' && mark.gone) progress.forget(`${mark.pod}/${mark.container}`);
        return { ...mark, cursor: progress.encode() } as LogEventValue;
      }
      case 'LINES':
        for (const { key, place } of taken.lines) progress.had(key, place);
        return { type: 'LINES', cursor: progress.encode(), lines: taken.lines.map(({ line }) => line) };
    }
  }

  #letIn(): void {
    for (const go of this.#waitingForRoom.splice(0)) go();
  }
}
