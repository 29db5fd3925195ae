import type { Line } from './programs/program.js';

type Stream = Line['stream'];

/** Longer lines come in several pieces, so that a line without end does not fill the memory. */
const LONGEST = 10 << 20;

/** Cuts output into lines for the log; a line without its end is held back until the end. */
export class LineSplitter {
  private readonly rest: Record<Stream, string[]> = { stdout: [], stderr: [] };
  private readonly held: Record<Stream, number> = { stdout: 0, stderr: 0 };

  constructor(private readonly emit: (line: Line, partial: boolean) => void) {}

  /** Bytes as latin1 text. */
  write(stream: Stream, bytes: string): void {
    let start = 0;
    for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n', start)) {
      this.take(stream, bytes.slice(start, end));
      this.flush(stream, false);
      start = end + 1;
    }
    if (start < bytes.length) this.take(stream, bytes.slice(start));
    if (this.held[stream] > LONGEST) this.flush(stream, true);
  }

  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) if (this.held[stream] > 0) this.flush(stream, true);
  }

  private take(stream: Stream, bytes: string): void {
    this.rest[stream].push(bytes);
    this.held[stream] += bytes.length;
  }

  private flush(stream: Stream, partial: boolean): void {
    const bytes = this.rest[stream].join('');
    this.rest[stream] = [];
    this.held[stream] = 0;
    this.emit(lineOf(stream, bytes), partial);
  }
}

const ASCII = /^[\0-\x7f]*$/;

/** A line as text; with its bytes when they are not valid UTF-8. */
export function lineOf(stream: Stream, bytes: string): Line {
  if (ASCII.test(bytes)) return { stream, text: bytes };
  const raw = Buffer.from(bytes, 'latin1');
  const text = raw.toString('utf8');
  return Buffer.from(text).equals(raw) ? { stream, text } : { stream, text, bytes: raw };
}
