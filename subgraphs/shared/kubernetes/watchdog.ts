/** Calls once for each silence. */
export class Watchdog {
  /** How many times something was heard. */
  pieces = 0;
  #timer: NodeJS.Timeout | undefined;
  #onSilence: () => void = () => undefined;

  start(ms: number, onSilence: () => void): void {
    this.#onSilence = onSilence;
    this.limit(ms);
  }

  limit(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onSilence(), ms);
  }

  heard(): void {
    this.pieces++;
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
