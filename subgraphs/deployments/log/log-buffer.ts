import type { LogLineValue } from './log-events.js';

interface BufferedLine {
  readonly kind: 'LINE';
  readonly key: string;
  /** As the cluster wrote it, with nanoseconds. */
  readonly time: string;
  readonly line: LogLineValue;
}
interface BufferedMark<M> {
  readonly kind: 'MARK';
  readonly mark: M;
}

export type Taken<M> =
  | { readonly kind: 'LINES'; readonly lines: readonly Omit<BufferedLine, 'kind'>[] }
  | { readonly kind: 'MARK'; readonly mark: M }
  | { readonly kind: 'GAP'; readonly dropped: number };

export const maximumLines = 5_000;
export const maximumBytes = 4 * 1024 * 1024;
export const batchLines = 100;

/**
 * Lines and marks on their way to one reader. When it is full, the oldest lines go and are counted; marks are kept. A
 * batch is sorted by time, so that what came within one batch from different containers stands in order.
 */
export class LogBuffer<M> {
  #items: (BufferedLine | BufferedMark<M>)[] = [];
  #lines = 0;
  #bytes = 0;
  #dropped = 0;

  get lines(): number {
    return this.#lines;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0 && this.#dropped === 0;
  }

  get isFull(): boolean {
    return this.#lines >= maximumLines || this.#bytes >= maximumBytes;
  }

  push(key: string, time: string, line: LogLineValue): void {
    this.#items.push({ kind: 'LINE', key, time, line });
    this.#lines += 1;
    this.#bytes += line.text.length;
    if (this.#lines > maximumLines || this.#bytes > maximumBytes) this.#dropOldest();
  }

  mark(mark: M): void {
    this.#items.push({ kind: 'MARK', mark });
  }

  /** The next batch, mark or gap; undefined when there is nothing. */
  take(): Taken<M> | undefined {
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
    const end = this.#items.findIndex((item, index) => item.kind === 'MARK' || index >= batchLines);
    const lines = this.#items.splice(0, end === -1 ? this.#items.length : end) as BufferedLine[];
    this.#lines -= lines.length;
    this.#bytes -= lines.reduce((sum, { line }) => sum + line.text.length, 0);
    return { kind: 'LINES', lines: lines.sort((a, b) => a.line.at.getTime() - b.line.at.getTime()) };
  }

  /** A tenth at once, so that a full buffer does not cost a scan for each line. */
  #dropOldest(): void {
    let left = Math.ceil(this.#lines / 10);
    this.#items = this.#items.filter((item) => {
      if (item.kind === 'MARK' || left === 0) return true;
      left -= 1;
      this.#lines -= 1;
      this.#bytes -= item.line.text.length;
      this.#dropped += 1;
      return false;
    });
  }
}
