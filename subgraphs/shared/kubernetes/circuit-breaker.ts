import type { Clock } from '../clock.js';

export type CircuitState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/** What a call that was let through reports back; exactly one of these. */
export interface Permit {
  /** The other side answered, whatever it said. */
  answered(): void;
  /** No answer. `slow`: it took a whole deadline to find out. */
  failed(slow: boolean): void;
  /** Ended before anything was known, such as by its caller. */
  abandoned(): void;
}

/**
 * Keeps callers from waiting for a cluster that doesn't answer. Opens after `threshold` failures in a row, or after
 * one slow failure during which nobody had an answer. Open, it lets nothing through; after `openMs` (twice as long
 * each time, up to `longestOpenMs`) one call may try, and its outcome decides.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #threshold: number;
  readonly #firstOpenMs: number;
  readonly #longestOpenMs: number;
  #failures = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #openUntil: number | null = null;
  #openMs: number;
  #trying = false;

  constructor(options: { clock: Clock; threshold?: number; openMs?: number; longestOpenMs?: number }) {
    this.#clock = options.clock;
    this.#threshold = options.threshold ?? 3;
    this.#firstOpenMs = options.openMs ?? 5_000;
    this.#longestOpenMs = options.longestOpenMs ?? 60_000;
    this.#openMs = this.#firstOpenMs;
  }

  get state(): CircuitState {
    if (this.#openUntil === null) return 'CLOSED';
    return this.#trying || this.#clock.now() >= this.#openUntil ? 'HALF_OPEN' : 'OPEN';
  }

  /** Undefined when the call must not be made now. */
  admit(): Permit | undefined {
    const trial = this.#openUntil !== null;
    if (trial && (this.#trying || this.#clock.now() < (this.#openUntil ?? 0))) return undefined;
    this.#trying = trial;
    const startedAt = this.#clock.now();
    return {
      answered: () => this.answered(),
      failed: (slow) => {
        this.#failures++;
        if (trial) this.#open(Math.min(this.#openMs * 2, this.#longestOpenMs));
        else if (this.#openUntil !== null) return;
        else if (this.#failures >= this.#threshold || (slow && this.#answeredAt < startedAt))
          this.#open(this.#firstOpenMs);
      },
      abandoned: () => {
        if (trial) this.#trying = false;
      },
    };
  }

  /** Any sign of life, such as a byte of a watch. */
  answered(): void {
    this.#answeredAt = this.#clock.now();
    this.#failures = 0;
    this.#openUntil = null;
    this.#trying = false;
    this.#openMs = this.#firstOpenMs;
  }

  #open(ms: number): void {
    this.#openMs = ms;
    this.#openUntil = this.#clock.now() + ms;
    this.#trying = false;
  }
}
