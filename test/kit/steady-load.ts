/** Requests at a steady rate, whatever becomes of those before: as many clients make them. */
export class SteadyLoad<T> {
  readonly #answers: T[] = [];
  readonly #failures: unknown[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    perSecond: number,
    private readonly send: () => Promise<T>,
    /** A machine that can't carry the rate gets what it can, where a request that waits for ever would be a failure. */
    private readonly mostUnderWay = Number.POSITIVE_INFINITY,
  ) {
    this.#timer = setInterval(() => this.#one(), 1_000 / perSecond);
  }

  /** So far, in the order in which they came. */
  get answers(): readonly T[] {
    return this.#answers;
  }

  /** What `send` rejected with. */
  get failures(): readonly unknown[] {
    return this.#failures;
  }

  /** Waits for the requests that are under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #one(): void {
    if (this.#underWay.size >= this.mostUnderWay) return;
    const request = this.send().then(
      (answer) => void this.#answers.push(answer),
      (error) => void this.#failures.push(error),
    );
    this.#underWay.add(request);
    void request.finally(() => this.#underWay.delete(request));
  }
}
