import { compareLogTimes } from '../../shared/kubernetes/log-lines.js';
import type { RunPlace } from './log-cursor.js';
import type { LogLineValue } from './log-events.js';

export interface BufferedLine {
  readonly kind: 'LINE';
  readonly key: string;
  /** Where the reader is after it, and after lines behind it that the filter left out. */
  place: RunPlace;
  readonly line: LogLineValue;
}
interface BufferedMark<M> {
  readonly kind: 'MARK';
  readonly mark: M;
}

export type Taken<M> =
  | { readonly kind: 'LINES'; readonly lines: readonly BufferedLine[] }
  | { readonly kind: 'MARK'; readonly mark: M }
  | { readonly kind: 'GAP'; readonly dropped: number };

export const maximumLines = 5_000;
export const maximumBytes = 4 * 1024 * 1024;
/** Log lines are split into pieces of at most so many characters (LO-1). */
const longestPiece = 64 * 1024;
export const batchLines = 100;
/** One line or piece may be larger. */
export const batchBytes = 256 * 1024;

/**
 * Lines and marks on their way to one reader. When it is full, the oldest lines go and are counted; marks are kept. A
 * batch is sorted by time, so that what came within one batch from different containers stands in order.
 */
export class LogBuffer<M> {
  #items: (BufferedLine | BufferedMark<M>)[] = [];
  readonly #last = new Map<string, BufferedLine>();
  #lines = 0;
  #bytes = 0;
  #dropped = 0;

  get lines(): number {
    return this.#lines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the longest piece of a line would be too much. */
  get isFull(): boolean {
    return this.#lines >= maximumLines || this.#bytes > maximumBytes - longestPiece;
  }

  push(key: string, place: RunPlace, line: LogLineValue): void {
    const item: BufferedLine = { kind: 'LINE', key, place, line };
    this.#items.push(item);
    this.#last.set(key, item);
    this.#lines += 1;
    this.#bytes += line.text.length;
    if (this.#lines > maximumLines || this.#bytes > maximumBytes) this.#dropOldest();
  }

  /** A line that the reader does not get lies behind; false when none of its container waits here. */
  advance(key: string, place: RunPlace): boolean {
    const last = this.#last.get(key);
    if (last) last.place = place;
    return last !== undefined;
  }

  mark(mark: M): void {
    this.#items.push({ kind: 'MARK', mark });
  }

  /** The next batch, mark or gap; undefined when there is nothing. */
  take(most = batchLines): Taken<M> | undefined {
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      return { kind: 'GAP', dropped };
    }
    const [first] = this.#items;
    if (!first) return undefined;
    if (first.kind === 'MARK') {
      this.#items.shift();
      return first;
    }
    const lines = this.#items.splice(0, this.#batchEnd(most)) as BufferedLine[];
    for (const item of lines) this.#forget(item);
    return { kind: 'LINES', lines: lines.sort(byTime) };
  }

  #batchEnd(most: number): number {
    let bytes = 0;
    const end = this.#items.findIndex((item, index) => {
      if (item.kind === 'MARK' || index >= most) return true;
      bytes += item.line.text.length;
      return index > 0 && bytes > batchBytes;
    });
    return end === -1 ? this.#items.length : end;
  }

  #forget(item: BufferedLine): void {
    this.#lines -= 1;
    this.#bytes -= item.line.text.length;
    if (this.#last.get(item.key) === item) this.#last.delete(item.key);
  }

  /** A tenth at once, so that a full buffer does not cost a scan for each line. */
  #dropOldest(): void {
    let left = Math.ceil(this.#lines / 10);
    this.#items = this.#items.filter((item) => {
      if (item.kind === 'MARK' || left === 0) return true;
      left -= 1;
      this.#forget(item);
      this.#dropped += 1;
      return false;
    });
  }
}

const byTime = (a: BufferedLine, b: BufferedLine): number =>
  a.line.at.getTime() - b.line.at.getTime() ||
  (a.key === b.key ? 0 : compareLogTimes(a.place.time, b.place.time));
