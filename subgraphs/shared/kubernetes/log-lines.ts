/** One line of a log, or a piece of a long one. */
export interface LogLine {
  readonly at: Date;
  /** As the cluster sent it, with nanoseconds: what `sinceTime` takes. Empty when the cluster sent none. */
  readonly time: string;
  readonly text: string;
  /** The line is longer than a piece may be and goes on in the next one. */
  readonly partial: boolean;
}

const newline = 10;
const timestamp = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})) ?/;

/**
 * Bytes of a log with timestamps -> lines. Holds at most one piece in memory, whatever the length of a line; bytes
 * that are not UTF-8 become U+FFFD. The same log is always cut into the same pieces.
 */
export class LogLines {
  readonly #longest: number;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #pending = Buffer.alloc(0);
  /** The timestamp of the line whose earlier pieces were given out. */
  #continued: string | null = null;

  constructor(longest = 64 * 1024) {
    this.#longest = longest;
  }

  push(chunk: Uint8Array): LogLine[] {
    const lines: LogLine[] = [];
    let rest = this.#pending.byteLength === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    while (rest.byteLength > 0) {
      const end = rest.indexOf(newline);
      if (end !== -1 && end <= this.#longest) {
        lines.push(this.#line(rest.subarray(0, end), false));
        rest = rest.subarray(end + 1);
      } else if (rest.byteLength > this.#longest) {
        const cut = characterBoundary(rest, this.#longest);
        lines.push(this.#line(rest.subarray(0, cut), true));
        rest = rest.subarray(cut);
      } else break;
    }
    this.#pending = Buffer.from(rest);
    return lines;
  }

  /** The unterminated last line of a log that has ended. */
  end(): LogLine[] {
    const rest = this.#pending;
    this.#pending = Buffer.alloc(0);
    return rest.byteLength === 0 ? [] : [this.#line(rest, false)];
  }

  #line(bytes: Uint8Array, partial: boolean): LogLine {
    const decoded = this.#decoder.decode(bytes);
    const match = this.#continued === null ? timestamp.exec(decoded) : null;
    const time = this.#continued ?? match?.[1] ?? '';
    this.#continued = partial ? time : null;
    const at = new Date(time);
    return {
      at: Number.isNaN(at.getTime()) ? new Date(0) : at,
      time,
      text: match ? decoded.slice(match[0].length) : decoded,
      partial,
    };
  }
}

/** At or up to three bytes before `index`, so that no UTF-8 sequence is cut. */
function characterBoundary(bytes: Uint8Array, index: number): number {
  for (let back = 0; back < 4; back++) {
    if (((bytes[index - back] ?? 0) & 0xc0) !== 0x80) return index - back;
  }
  return index;
}

/** Orders RFC 3339 times to the nanosecond. */
export function compareLogTimes(a: string, b: string): number {
  const seconds = Date.parse(a.replace(/\.\d+/, '')) - Date.parse(b.replace(/\.\d+/, ''));
  return seconds || nanosOf(a) - nanosOf(b);
}

const nanosOf = (time: string): number => Number((/\.(\d+)/.exec(time)?.[1] ?? '').padEnd(9, '0'));
