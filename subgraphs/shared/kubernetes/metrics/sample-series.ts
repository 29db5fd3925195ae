/** CPU and memory in use at one time, by the cluster's clock. */
export interface UsageSampleValue {
  readonly at: Date;
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

/** Time, cores, bytes. */
const width = 3;
const firstCapacity = 8;

/** The last samples of one thing, oldest first: 24 bytes each in one typed array that grows up to the limit. */
export class SampleSeries {
  #values = new Float64Array(firstCapacity * width);
  #start = 0;
  #count = 0;

  constructor(private readonly limit: number) {}

  /** Milliseconds since the epoch; undefined before the first sample. */
  get lastAt(): number | undefined {
    return this.#count === 0 ? undefined : this.#values[this.#place(this.#count - 1)];
  }

  /** One that isn't newer than the last is the last one, told again: it is passed over. */
  push(at: number, cpuCores: number, memoryBytes: number): void {
    if (this.lastAt !== undefined && at <= this.lastAt) return;
    if (this.#count * width === this.#values.length && this.#count < this.limit) this.#grow();
    if (this.#count === this.#capacity) this.#start = (this.#start + 1) % this.#capacity;
    else this.#count++;
    this.#values.set([at, cpuCores, memoryBytes], this.#place(this.#count - 1));
  }

  last(): UsageSampleValue | undefined {
    return this.#count === 0 ? undefined : this.#sample(this.#count - 1);
  }

  list(): UsageSampleValue[] {
    return Array.from({ length: this.#count }, (_, index) => this.#sample(index));
  }

  get #capacity(): number {
    return this.#values.length / width;
  }

  #place(index: number): number {
    return ((this.#start + index) % this.#capacity) * width;
  }

  #sample(index: number): UsageSampleValue {
    const place = this.#place(index);
    const [at = 0, cpuCores = 0, memoryBytes = 0] = this.#values.subarray(place, place + width);
    return { at: new Date(at), cpuCores, memoryBytes };
  }

  /** Only a full array that never went round grows, so the order stays. */
  #grow(): void {
    const capacity = Math.min(this.#capacity * 2, this.limit);
    const larger = new Float64Array(capacity * width);
    larger.set(this.#values);
    this.#values = larger;
  }
}
