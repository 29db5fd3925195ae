/** Handles each key once, soon after the writes that named it; a key added meanwhile is handled again. */
export class KeyedQueue {
  private readonly keys = new Set<string>();
  private scheduled: NodeJS.Immediate | undefined;
  private isDisposed = false;

  constructor(private readonly handle: (key: string) => void) {}

  add(key: string): void {
    if (this.isDisposed) return;
    this.keys.add(key);
    this.scheduled ??= setImmediate(() => this.run());
  }

  dispose(): void {
    this.isDisposed = true;
    if (this.scheduled) clearImmediate(this.scheduled);
    this.keys.clear();
  }

  private run(): void {
    this.scheduled = undefined;
    const keys = [...this.keys];
    this.keys.clear();
    for (const key of keys) this.handle(key);
  }
}
