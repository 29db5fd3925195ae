/**
 * Time as a busy process has it for its clients: from one look at them to the next no more of it passes than `most`
 * milliseconds. What a client has sent waits unread while the process gets to nothing, so an honest client must not
 * be charged with all of that time.
 */
export class AttendedTime {
  #passed = 0;
  #lookedAt = performance.now();

  constructor(private readonly most: number) {}

  /** In milliseconds since the beginning. */
  get now(): number {
    return this.#passed + Math.min(this.most, performance.now() - this.#lookedAt);
  }

  /** Begins the time until the next look; returns `now`. */
  look(): number {
    this.#passed = this.now;
    this.#lookedAt = performance.now();
    return this.#passed;
  }
}
