/**
 * Events on their way to one reader. Never more than `limit` wait: when it is full, `onOverflow` says what remains
 * of those waiting (drop the oldest, keep the newest state, put a gap marker), because a slow reader must not cost
 * memory. One reader only.
 */
export class BoundedQueue<T> implements AsyncIterableIterator<T> {
  #waiting: T[] = [];
  #reader: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void } | undefined;
  #end: { error?: unknown } | undefined;

  constructor(
    private readonly options: {
      readonly limit: number;
      /** Given all that waits, the new item last; returns what stays, shorter than it came. */
      readonly onOverflow: (items: T[]) => T[];
      /** Called once, when the reader leaves or the queue ends. */
      readonly onClose?: () => void;
    },
  ) {}

  get size(): number {
    return this.#waiting.length;
  }

  push(item: T): void {
    if (this.#end) return;
    if (this.#reader) {
      const { resolve } = this.#reader;
      this.#reader = undefined;
      resolve({ value: item, done: false });
      return;
    }
    this.#waiting.push(item);
    if (this.#waiting.length > this.options.limit) this.#waiting = this.options.onOverflow(this.#waiting);
  }

  /** What waits is still delivered; then the iteration is done. */
  end(): void {
    this.#finish({});
  }

  /** What waits is still delivered; then the iteration throws. */
  fail(error: unknown): void {
    this.#finish({ error });
  }

  #finish(end: { error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) {
      if ('error' in end) {
        // Told to the one who waits, and to nobody again.
        this.#end = {};
        reader.reject(end.error);
      } else reader.resolve({ value: undefined, done: true });
    }
    this.options.onClose?.();
  }

  next(): Promise<IteratorResult<T>> {
    const item = this.#waiting.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#end) {
      const end = this.#end;
      // An error is told once.
      this.#end = {};
      return 'error' in end ? Promise.reject(end.error) : Promise.resolve({ value: undefined, done: true });
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#waiting = [];
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
