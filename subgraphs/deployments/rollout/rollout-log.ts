import { MeridianError } from '../../shared/errors.js';
import type { LogEventValue } from '../log/log-events.js';

export type RolloutLogEvent = Extract<LogEventValue, { type: 'LINES' | 'GAP' }>;

/** After trouble with a cluster. */
const pauseMilliseconds = 5_000;

/**
 * The lines of a deployment's pods, for as long as they are wanted: trouble with the cluster is a gap and no end.
 * Losing the right to read them is an end.
 */
export class RolloutLog {
  #stream: AsyncIterator<LogEventValue> | undefined;
  #after: string | null;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly open: (after: string | null) => Promise<AsyncIterable<LogEventValue>>,
    after: string | null,
  ) {
    this.#after = after;
  }

  /** Fails when the lines may not be read; trouble with the cluster is left to `next`. */
  async start(): Promise<void> {
    try {
      this.#stream = await this.#open();
    } catch (error) {
      if (!isTrouble(error)) throw error;
    }
  }

  /** Undefined when nothing comes any more. */
  async next(): Promise<RolloutLogEvent | undefined> {
    while (!this.#closed) {
      try {
        this.#stream ??= await this.#open();
        const { value, done } = await this.#stream.next();
        if (done || this.#closed) return undefined;
        this.#after = value.cursor;
        if (value.type === 'LINES' || value.type === 'GAP') return value;
      } catch (error) {
        if (this.#closed || !isTrouble(error)) throw error;
        if (this.#stream === undefined) {
          await this.#pause();
          continue;
        }
        this.#stream = undefined;
        return { type: 'GAP', cursor: this.#after ?? '', dropped: null, reason: error.message };
      }
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#stream?.return?.();
  }

  async #open(): Promise<AsyncIterator<LogEventValue>> {
    const stream = (await this.open(this.#after))[Symbol.asyncIterator]();
    if (this.#closed) await stream.return?.();
    return stream;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMilliseconds).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const isTrouble = (error: unknown): error is MeridianError =>
  error instanceof MeridianError && (error.code.startsWith('CLUSTER_') || error.code === 'TIMEOUT');
