import type { RolloutEventValue } from './rollout.service.js';
import type { RolloutLog, RolloutLogEvent } from './rollout-log.js';

/** How far the reader is with both: what a cursor is made of. */
export type CursorOf = (mark: string, logCursor: string) => string;

type Step = Extract<RolloutEventValue, { type: 'PROGRESSED' | 'COMPLETED' | 'RESET' }>;

/** Progress, with lines of the log as they come in between. Ends with the progress, and with the failure of either. */
export class RolloutStream implements AsyncIterableIterator<RolloutEventValue> {
  #step: IteratorResult<Step> | undefined;
  #lines: { readonly event: RolloutLogEvent | undefined } | undefined;
  #failure: { readonly error: unknown } | undefined;
  #asked = { steps: false, lines: false };
  #ended = false;
  #mark = '';
  #logCursor: string;
  #wake: () => void = () => undefined;

  constructor(
    private readonly steps: AsyncIterator<Step>,
    private readonly log: RolloutLog | undefined,
    private readonly cursorOf: CursorOf,
    start: { readonly mark: string; readonly logCursor: string },
  ) {
    this.#mark = start.mark;
    this.#logCursor = start.logCursor;
  }

  async next(): Promise<IteratorResult<RolloutEventValue>> {
    for (;;) {
      if (this.#ended) return { value: undefined, done: true };
      if (this.#failure) {
        await this.return();
        throw this.#failure.error;
      }
      const event = this.#takeStep() ?? this.#takeLines();
      if (event) return event;
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#ask();
      await woken;
    }
  }

  async return(): Promise<IteratorResult<RolloutEventValue>> {
    this.#ended = true;
    this.#wake();
    await Promise.all([this.steps.return?.(), this.log?.close()]);
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeStep(): IteratorResult<RolloutEventValue> | undefined {
    const step = this.#step;
    if (!step) return undefined;
    this.#step = undefined;
    if (step.done) {
      void this.return();
      return { value: undefined, done: true };
    }
    if (step.value.type === 'RESET') return step;
    this.#mark = step.value.cursor;
    // No line comes after the end.
    if (step.value.type === 'COMPLETED') void this.return();
    return { value: { ...step.value, cursor: this.cursorOf(this.#mark, this.#logCursor) }, done: false };
  }

  #takeLines(): IteratorResult<RolloutEventValue> | undefined {
    const event = this.#lines?.event;
    if (!event) return undefined;
    this.#lines = undefined;
    this.#logCursor = event.cursor;
    return { value: { ...event, cursor: this.cursorOf(this.#mark, this.#logCursor) }, done: false };
  }

  /** One of each at a time: a slow reader holds both back. */
  #ask(): void {
    const fail = (error: unknown): void => {
      this.#failure ??= { error };
      this.#wake();
    };
    if (!this.#asked.steps && !this.#step) {
      this.#asked.steps = true;
      this.steps.next().then((step) => {
        this.#asked.steps = false;
        this.#step = step;
        this.#wake();
      }, fail);
    }
    // After the end of the lines nothing is asked for: `#lines` stays, empty.
    if (this.log && !this.#asked.lines && !this.#lines) {
      this.#asked.lines = true;
      this.log.next().then((event) => {
        this.#asked.lines = false;
        this.#lines = { event };
        this.#wake();
      }, fail);
    }
  }
}
