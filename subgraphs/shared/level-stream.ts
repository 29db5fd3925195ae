export interface LevelRead<T> {
  readonly events: readonly T[];
  /** Nothing can follow these events. */
  readonly done?: boolean;
}

export interface LevelSource<T> {
  /** What is new since the last call. One call at a time. */
  read(): Promise<LevelRead<T>> | LevelRead<T>;
  close(): void;
}

/**
 * A stream of states rather than of changes: a change only marks it, and what is new is read later. It is read as it
 * changes while fewer than `ahead` events wait, and from there on when the reader asks: a quick reader sees every
 * step, a slow one fewer steps and always the newest state in the end, and little piles up (reliability.md SU-1).
 */
export class LevelStream<T> implements AsyncIterableIterator<T> {
  readonly #source: LevelSource<T>;
  readonly #ahead: number;
  #events: T[] = [];
  #changed = true;
  #reading = false;
  #wanted = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  /** `open` gets the function that marks a change; it is called as often as one likes. */
  constructor(open: (changed: () => void) => LevelSource<T>, options: { readonly ahead?: number } = {}) {
    this.#ahead = options.ahead ?? 0;
    this.#source = open(() => {
      this.#changed = true;
      void this.#read();
    });
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { value: event, done: false };
      if (this.#failure) {
        const { error } = this.#failure;
        this.#failure = undefined;
        throw error;
      }
      if (this.#ended) return { value: undefined, done: true };
      this.#wanted = true;
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      void this.#read();
      await woken;
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#events = [];
    this.#failure = undefined;
    this.#end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Never rejects: what reading throws, the reader gets. */
  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#changed && !this.#ended && (this.#wanted || this.#events.length < this.#ahead)) {
        this.#changed = false;
        const { events, done } = await this.#source.read();
        if (this.#ended) return;
        this.#events.push(...events);
        if (done) this.#end();
        else if (events.length > 0) this.#deliver();
      }
    } catch (error) {
      if (this.#ended) return;
      this.#failure = { error };
      this.#end();
    } finally {
      this.#reading = false;
    }
  }

  #deliver(): void {
    this.#wanted = false;
    this.#wake();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#source.close();
    this.#deliver();
  }
}
