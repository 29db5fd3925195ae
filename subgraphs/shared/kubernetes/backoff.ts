/** Delays that double from `firstMs` to `longestMs`, each up to a quarter shorter or longer, so that many don't march in step. */
export class Backoff {
  readonly #random: () => number;
  readonly #firstMs: number;
  readonly #longestMs: number;
  #nextMs: number;

  /** @param options.random from 0 (included) to 1 */
  constructor(options: { random: () => number; firstMs?: number; longestMs?: number }) {
    this.#random = options.random;
    this.#firstMs = options.firstMs ?? 800;
    this.#longestMs = options.longestMs ?? 30_000;
    this.#nextMs = this.#firstMs;
  }

  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#longestMs);
    return Math.round(ms * (0.75 + this.#random() / 2));
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
