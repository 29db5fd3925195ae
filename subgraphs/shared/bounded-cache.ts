/** Keeps what was used last: never more than `maxEntries`, nor more than `maxWeight` altogether. */
export class BoundedCache<K, V> {
  readonly #entries = new Map<K, { value: V; weight: number }>();
  #weight = 0;

  constructor(private readonly limits: { readonly maxEntries: number; readonly maxWeight: number }) {}

  get size(): number {
    return this.#entries.size;
  }

  /** What is kept, that which was used last first. */
  get values(): V[] {
    return [...this.#entries.values()].map(({ value }) => value).reverse();
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    // Maps iterate in order of insertion: what is used moves to the end.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: K, value: V, weight: number): void {
    this.delete(key);
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.limits.maxEntries && this.#weight <= this.limits.maxWeight) break;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}
