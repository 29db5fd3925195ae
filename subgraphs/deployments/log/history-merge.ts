import { compareLogTimes, type LogLine } from '../../shared/kubernetes/log-lines.js';
import type { PlacedLine, SourceItem, SourceMark } from './log-source.js';

export type HistoryItem<M> =
  | { readonly owner: M; readonly kind: 'LINES'; readonly lines: readonly PlacedLine[] }
  | { readonly owner: M; readonly kind: 'MARK'; readonly mark: SourceMark }
  | { readonly owner: M; readonly kind: 'DONE'; readonly error: unknown }
  /** Only inputs that are not waited for are still read. Comes once. */
  | { readonly kind: 'REST' };

/** One container's history on its way: holds one batch at a time. */
class HistoryInput<M> {
  #batch: readonly PlacedLine[] = [];
  #at = 0;
  #fetching: Promise<void> | undefined;
  marks: SourceMark[] = [];
  state: 'READING' | 'ENDED' | 'TOLD' = 'READING';
  error: unknown;
  /** How long it has held up the others. */
  heldMilliseconds = 0;

  constructor(
    readonly owner: M,
    private readonly items: AsyncIterator<SourceItem>,
    private readonly onHead: (owner: M, line: PlacedLine) => void,
  ) {}

  get head(): LogLine | undefined {
    return this.#batch[this.#at]?.line;
  }

  get isEmpty(): boolean {
    return this.state === 'READING' && this.head === undefined;
  }

  /** Resolves with the next item. */
  fetch(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      const { value, done } = await this.items.next();
      if (done) this.state = 'ENDED';
      else if (value.kind !== 'LINES') this.marks.push(value);
      else {
        this.#batch = value.lines;
        this.#at = 0;
        const [first] = value.lines;
        if (first) this.onHead(this.owner, first);
      }
    } catch (error) {
      this.error = error;
      this.state = 'ENDED';
    }
  }

  /** The lines up to another's head. */
  takeUntil(other: LogLine | undefined): PlacedLine[] {
    const from = this.#at;
    do this.#at += 1;
    while (other && this.head && isBefore(this.head, other));
    if (!other) this.#at = this.#batch.length;
    return this.#batch.slice(from, this.#at);
  }
}

/**
 * Histories of several containers merged by time, with one batch of each in memory. An input that holds the others up
 * for longer than `patience` milliseconds in all is not waited for any more: its lines come when they come.
 */
export async function* mergeHistories<M>(
  histories: readonly { readonly owner: M; readonly items: AsyncIterator<SourceItem> }[],
  options: { readonly patience: number; readonly onHead: (owner: M, line: PlacedLine) => void },
): AsyncGenerator<HistoryItem<M>> {
  const inputs = histories.map(({ owner, items }) => new HistoryInput(owner, items, options.onHead));
  const isLate = ({ heldMilliseconds }: HistoryInput<M>): boolean => heldMilliseconds >= options.patience;
  let isRest = false;
  for (;;) {
    const empty = inputs.filter((input) => input.isEmpty);
    const fetching = empty.map((input) => input.fetch());
    const awaited = empty.filter((input) => !isLate(input));
    if (awaited.length > 0) await wait(awaited, options.patience);
    for (const input of inputs) {
      for (const mark of input.marks.splice(0)) yield { owner: input.owner, kind: 'MARK', mark };
      if (input.state !== 'ENDED' || input.head) continue;
      input.state = 'TOLD';
      yield { owner: input.owner, kind: 'DONE', error: input.error };
    }
    if (inputs.some((input) => input.isEmpty && !isLate(input))) continue;
    if (!isRest && inputs.every((input) => input.state === 'TOLD' || isLate(input))) {
      isRest = true;
      yield { kind: 'REST' };
    }
    const [first, second] = twoEarliest(inputs);
    if (first) yield { owner: first.owner, kind: 'LINES', lines: first.takeUntil(second?.head) };
    else if (inputs.every(({ state }) => state === 'TOLD')) return;
    else await Promise.race(fetching);
  }
}

/** Until each has something, or one has used up its patience. */
async function wait<M>(inputs: readonly HistoryInput<M>[], patience: number): Promise<void> {
  const startedAt = performance.now();
  const left = patience - Math.max(...inputs.map(({ heldMilliseconds }) => heldMilliseconds));
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, left);
  });
  const held = new Map(inputs.map((input) => [input, left]));
  const fetched = inputs.map(async (input) => {
    await input.fetch();
    held.set(input, performance.now() - startedAt);
  });
  await Promise.race([Promise.all(fetched), tooLong]);
  clearTimeout(timer);
  for (const [input, milliseconds] of held) input.heldMilliseconds += milliseconds;
}

function twoEarliest<M>(inputs: readonly HistoryInput<M>[]): HistoryInput<M>[] {
  let first: HistoryInput<M> | undefined;
  let second: HistoryInput<M> | undefined;
  for (const input of inputs) {
    if (!input.head) continue;
    if (!first?.head || isBefore(input.head, first.head)) {
      second = first;
      first = input;
    } else if (!second?.head || isBefore(input.head, second.head)) second = input;
  }
  return [first, second].filter((input) => input !== undefined);
}

const isBefore = (a: LogLine, b: LogLine): boolean =>
  (a.at.getTime() - b.at.getTime() || compareLogTimes(a.time || b.time, b.time || a.time)) < 0;
