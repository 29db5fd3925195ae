/** How long the phases of one request took, for its `server-timing` header (https://www.w3.org/TR/server-timing/). */
export class ServerTiming {
  readonly #phases: string[] = [];

  measure<T>(phase: 'parse' | 'validate' | 'plan', run: () => T): T {
    const startedAt = performance.now();
    try {
      return run();
    } finally {
      this.add(phase, startedAt);
    }
  }

  /** @param startedAt of `performance.now()` */
  add(phase: 'parse' | 'validate' | 'plan' | 'execute', startedAt: number): void {
    this.#phases.push(`${phase};dur=${Math.round((performance.now() - startedAt) * 100) / 100}`);
  }

  /** Phases in milliseconds, in their order. */
  get header(): string {
    return this.#phases.join(', ');
  }
}
