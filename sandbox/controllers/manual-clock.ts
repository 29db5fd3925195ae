import type { Clock } from './clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test advances it. */
export class ManualClock implements Clock {
  private readonly timers = new Set<Timer>();
  private order = 0;

  constructor(private time = Date.parse('2026-11-22T18:12:48.000Z')) {}

  now(): number {
    return this.time;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = { at: this.time + Math.max(0, Math.ceil(ms)), order: this.order++, callback };
    this.timers.add(timer);
    return timer;
  }

  clear(handle: unknown): void {
    this.timers.delete(handle as Timer);
  }

  get pending(): number {
    return this.timers.size;
  }

  /** Runs every timer due within `ms`, in order; promises that a timer settles are continued before the next timer. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (let next = this.earliest(end); next; next = this.earliest(end)) {
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.time = end;
  }

  /** As advance, for work without promises. */
  advanceSync(ms: number): void {
    const end = this.time + ms;
    for (let next = this.earliest(end); next; next = this.earliest(end)) {
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = end;
  }

  private earliest(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.at > end) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  }
}
