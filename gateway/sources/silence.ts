/** Whether a subgraph is silent: whether a byte of any of its answers has come lately. */
export class Silence {
  #heardAt = Number.NEGATIVE_INFINITY;

  /** @param milliseconds after which a subgraph that says nothing counts as hung */
  constructor(private readonly milliseconds: number) {}

  /** A byte has come. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /**
   * Calls back, once, when the subgraph has been silent for too long since now: for those that wait behind what it
   * works on, perhaps. Returns what ends that.
   */
  whenTooLong(giveUp: () => void): () => void {
    const since = performance.now();
    const check = (): void => {
      const left = Math.max(since, this.#heardAt) + this.milliseconds - performance.now();
      // Timers count whole milliseconds.
      if (left >= 1) timer = setTimeout(check, left);
      else giveUp();
    };
    let timer = setTimeout(check, this.milliseconds);
    return () => clearTimeout(timer);
  }
}
