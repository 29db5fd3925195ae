export interface LevelSource<T> {
  /** What is new since the last call. `done` when nothing can follow these events. */
  read(): Promise<{ events: readonly T[]; done?: boolean }> | { events: readonly T[]; done?: boolean };
  close(): void;
}

/**
 * A stream of states rather than of changes: a change only marks it, and the reader's next step reads what is new by
 * then. However slow the reader, nothing piles up, and it always ends at the newest state (reliability.md SU-1).
 */
export class LevelStream<T> implements AsyncIterableIterator<T> {
  readonly #source: LevelSource<T>;
  #events: T[] = [];
  #changed = true;
  #ended = false;
  #wake: () => void = () => undefined;

  /** `open` gets the function that marks a change; it is called as often as one likes. */
  constructor(open: (changed: () => void) => LevelSource<T>) {
    this.#source = open(() => {
      this.#changed = true;
      this.#wake();
    });
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { value: event, done: false };
      if (this.#ended) return { value: undefined, done: true };
      if (this.#changed) await this.#read();
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  async #read(): Promise<void> {
    this.#changed = false;
    try {
      const { events, done } = await this.#source.read();
      if (this.#ended) return;
      this.#events = [...events];
      if (done) this.#end();
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#events = [];
    this.#end();
    return { value: undefined, done: true };
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#source.close();
    this.#wake();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
