/** Calls back a little later; returns what takes that back. */
export type Defer = (callback: () => void) => () => void;

const soon: Defer = (callback) => {
  const immediate = setImmediate(callback);
  return () => clearImmediate(immediate);
};

/** Handles each key once, soon after the writes that named it; a key added meanwhile is handled again. */
export class KeyedQueue {
  private readonly keys = new Set<string>();
  private cancel: (() => void) | undefined;
  private isDisposed = false;

  constructor(
    private readonly handle: (key: string) => void,
    private readonly defer: Defer = soon,
  ) {}

  add(key: string): void {
    if (this.isDisposed) return;
    this.keys.add(key);
    this.cancel ??= this.defer(() => this.run());
  }

  dispose(): void {
    this.isDisposed = true;
    this.cancel?.();
    this.keys.clear();
  }

  private run(): void {
    this.cancel = undefined;
    const keys = [...this.keys];
    this.keys.clear();
    for (const key of keys) this.handle(key);
  }
}
