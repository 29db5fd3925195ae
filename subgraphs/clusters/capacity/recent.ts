import type { Clock } from '../../shared/clock.js';

/** A question that failed is asked again after this. */
const retryMs = 5_000;

/**
 * The last answer for each key, asked for again when it is older than `maxAgeMs`; one question at a time for each
 * key. Nobody waits longer than `limitMs`: whoever is early gets the last answer, or undefined.
 */
export class Recent<T> {
  readonly #answers = new Map<
    string,
    { at: number; value: T | undefined; asking: Promise<void> | undefined }
  >();

  constructor(
    private readonly ask: (key: string) => Promise<T>,
    private readonly options: { readonly maxAgeMs: number; readonly limitMs: number; readonly clock: Clock },
  ) {}

  async get(key: string): Promise<T | undefined> {
    const answer = this.#answers.get(key) ?? {
      at: Number.NEGATIVE_INFINITY,
      value: undefined,
      asking: undefined,
    };
    this.#answers.set(key, answer);
    const { clock, maxAgeMs, limitMs } = this.options;
    if (clock.now() - answer.at >= maxAgeMs && !answer.asking) {
      answer.asking = this.ask(key)
        .then(
          (value) => {
            answer.value = value;
            answer.at = clock.now();
          },
          // The last one stays; it is asked again soon.
          () => {
            answer.at = clock.now() - maxAgeMs + Math.min(retryMs, maxAgeMs);
          },
        )
        .then(() => {
          answer.asking = undefined;
        });
    }
    if (answer.asking) await withinLimit(answer.asking, limitMs);
    return answer.value;
  }

  /** Without asking. */
  last(key: string): T | undefined {
    return this.#answers.get(key)?.value;
  }
}

function withinLimit(promise: Promise<void>, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
