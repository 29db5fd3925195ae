import type { Clock, TimerHandle } from './clock.js';

const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 1_000_000;
/** Keys handled before the event loop gets its turn. */
const BATCH = 50;

/**
 * Level-triggered work: a key that is added while it waits is handled once. A key whose reconcile throws is tried
 * again after 5 ms, doubled up to 1,000 s, as client-go's rate limiter does.
 */
export class WorkQueue {
  private readonly ready = new Set<string>();
  private readonly delayed = new Map<string, { at: number; handle: TimerHandle }>();
  private readonly failures = new Map<string, number>();
  private drain: TimerHandle;
  private disposed = false;

  constructor(
    private readonly clock: Clock,
    private readonly reconcile: (key: string) => void,
    /** What the controller needs between seeing a change and acting on it, in milliseconds. */
    private readonly reactionMs = 0,
  ) {}

  add(key: string): void {
    if (this.disposed) return;
    this.ready.add(key);
    this.drain ??= this.clock.setTimeout(() => this.run(), this.reactionMs);
  }

  /** The earliest of several delays counts. */
  addAfter(key: string, ms: number): void {
    if (this.disposed) return;
    const at = this.clock.now() + ms;
    const waiting = this.delayed.get(key);
    if (waiting && waiting.at <= at) return;
    if (waiting) this.clock.clear(waiting.handle);
    const handle = this.clock.setTimeout(() => {
      this.delayed.delete(key);
      this.add(key);
    }, ms);
    this.delayed.set(key, { at, handle });
  }

  dispose(): void {
    this.disposed = true;
    if (this.drain !== undefined) this.clock.clear(this.drain);
    for (const { handle } of this.delayed.values()) this.clock.clear(handle);
    this.delayed.clear();
    this.ready.clear();
  }

  private run(): void {
    this.drain = undefined;
    for (const key of [...this.ready].slice(0, BATCH)) {
      this.ready.delete(key);
      this.handle(key);
    }
    if (this.ready.size > 0 && !this.disposed) this.drain ??= this.clock.setTimeout(() => this.run(), 0);
  }

  private handle(key: string): void {
    try {
      this.reconcile(key);
      this.failures.delete(key);
    } catch {
      // The next try reads the current state, which is the only answer to any error here (conflict, quota, gone).
      const failures = this.failures.get(key) ?? 0;
      this.failures.set(key, failures + 1);
      this.addAfter(key, Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures));
    }
  }
}
