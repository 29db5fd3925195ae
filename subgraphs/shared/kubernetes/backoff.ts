import type { Clock } from '../clock.js';

/**
 * Delays as client-go's reflector makes them: they double from `firstMs` to `longestMs`, each lengthened by up to its
 * own length, so that many that began together don't march in step, and begin again after a time without any.
 */
export class Backoff {
  readonly #random: () => number;
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #clock: Clock | undefined;
  #nextMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;

  /**
   * @param options.random from 0 (included) to 1
   * @param options.clock with it, delays begin again when none was needed for two minutes
   */
  constructor(options: { random: () => number; firstMs?: number; longestMs?: number; clock?: Clock }) {
    this.#random = options.random;
    this.#firstMs = options.firstMs ?? 800;
    this.#longestMs = options.longestMs ?? 30_000;
    this.#clock = options.clock;
    this.#nextMs = this.#firstMs;
  }

  next(): number {
    const now = this.#clock?.now() ?? 0;
    if (now - this.#lastAt >= resetMs) this.reset();
    this.#lastAt = now;
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#longestMs);
    return Math.round(ms * (1 + this.#random()));
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}

const resetMs = 120_000;
