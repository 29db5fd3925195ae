/**
 * Gives up on a source that says nothing any more. One that is slow because thousands ask at once is not given up as
 * long as any of them is answered.
 */
export class SilenceLimit {
  readonly #waiting = new Set<() => void>();
  #heardAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    /** Without an answer to anybody, while somebody waits. */
    private readonly milliseconds: number,
  ) {}

  /** Undefined when it is given up; rejects as the answer does. */
  wait<T>(answer: Promise<T>): Promise<T | undefined> {
    if (this.#waiting.size === 0) this.#start();
    return new Promise((resolve, reject) => {
      const giveUp = (): void => resolve(undefined);
      this.#waiting.add(giveUp);
      answer.then(
        (value) => {
          this.#heard(giveUp);
          resolve(value);
        },
        (error) => {
          this.#heard(giveUp);
          reject(error);
        },
      );
    });
  }

  #start(): void {
    this.#heardAt = performance.now();
    this.#timer = setInterval(() => {
      // After the event loop was kept busy answers may have come that nobody has read yet.
      if (this.#isSilent()) setImmediate(() => this.#giveUp());
    }, this.milliseconds / 4).unref();
  }

  #isSilent(): boolean {
    return performance.now() - this.#heardAt >= this.milliseconds;
  }

  #heard(waiting: () => void): void {
    this.#heardAt = performance.now();
    this.#waiting.delete(waiting);
    if (this.#waiting.size === 0) clearInterval(this.#timer);
  }

  #giveUp(): void {
    if (!this.#isSilent() || this.#waiting.size === 0) return;
    for (const giveUp of this.#waiting) giveUp();
    this.#waiting.clear();
    clearInterval(this.#timer);
  }
}
