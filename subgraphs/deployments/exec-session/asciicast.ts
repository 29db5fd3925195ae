/**
 * The file format asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/): a header line and one line for each
 * event, all JSON.
 */
export interface AsciicastHeader {
  readonly columns: number;
  readonly rows: number;
  readonly startedAt: Date;
  readonly command: readonly string[] | null;
  readonly title: string;
  /** Seconds; null while it goes on. */
  readonly duration: number | null;
}

/** `o`: output, `i`: input, `r`: resized, `m`: a remark. */
export type AsciicastCode = 'o' | 'i' | 'r' | 'm';

export const headerLine = (header: AsciicastHeader): string =>
  `${JSON.stringify({
    version: 2,
    width: header.columns,
    height: header.rows,
    timestamp: Math.floor(header.startedAt.getTime() / 1_000),
    ...(header.duration === null ? {} : { duration: header.duration }),
    ...(header.command === null ? {} : { command: header.command.join(' ') }),
    title: header.title,
    env: { TERM: 'xterm' },
  })}\n`;

/** @param seconds since the start of the recording */
export const eventLine = (seconds: number, code: AsciicastCode, data: string): string =>
  `${JSON.stringify([Math.round(seconds * 1e6) / 1e6, code, data])}\n`;

/** Bytes that come in pieces as text, with no character torn; what is no UTF-8 becomes U+FFFD, as the format wants text. */
export class Utf8Pieces {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** What can be said so far. */
  next(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** Half a character that was never finished. */
  rest(): string {
    return this.#decoder.decode();
  }
}
