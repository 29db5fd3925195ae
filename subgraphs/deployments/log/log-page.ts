import type { LogEventValue, LogLineValue } from './log-events.js';

export interface LogPageValue {
  readonly lines: LogLineValue[];
  readonly cursor: string | null;
  readonly truncated: boolean;
  readonly gaps: Extract<LogEventValue, { type: 'GAP' }>[];
}

export const mostPageLines = 10_000;
/**
 * A page has at most 10 MB as JSON. It ends before that: the batch that passes this has up to 256 KiB of text, which
 * JSON makes six times as long at worst.
 */
const enoughBytes = 8_400_000;
/** What a line has besides its text: names, time and punctuation. */
const bytesBesideText = 300;
/** Below the time that the gateway gives a request. */
const pageMilliseconds = 20_000;

/** The stream that a page is cut from. */
interface Takes {
  take(mostLines?: number): Promise<IteratorResult<LogEventValue>>;
  return(): Promise<unknown>;
}

/** The first lines of a log that is not followed. Ends the stream. */
export async function readPage(
  stream: Takes,
  limits: {
    readonly lines: number;
    readonly signal?: AbortSignal | undefined;
    readonly milliseconds?: number;
  },
): Promise<LogPageValue> {
  const lines: LogLineValue[] = [];
  const gaps: LogPageValue['gaps'] = [];
  let cursor: string | null = null;
  let bytes = 0;
  let isWhole = false;
  const stop = (): void => void stream.return();
  const timer = setTimeout(stop, limits.milliseconds ?? pageMilliseconds);
  limits.signal?.addEventListener('abort', stop, { once: true });
  try {
    while (lines.length < limits.lines && bytes < enoughBytes) {
      const { value, done } = await stream.take(Math.min(100, limits.lines - lines.length));
      if (done) break;
      cursor = value.cursor;
      if (value.type === 'GAP') gaps.push(value);
      if (value.type === 'COMPLETED') isWhole = true;
      if (value.type !== 'LINES') continue;
      lines.push(...value.lines);
      for (const { text } of value.lines) bytes += Buffer.byteLength(JSON.stringify(text)) + bytesBesideText;
    }
    if (!isWhole && lines.length === limits.lines) isWhole = await endsHere(stream);
  } finally {
    clearTimeout(timer);
    limits.signal?.removeEventListener('abort', stop);
    await stream.return();
  }
  return { lines, cursor, truncated: !isWhole, gaps };
}

/** Whether nothing but the end follows the last line of a full page. */
async function endsHere(stream: Takes): Promise<boolean> {
  const { value, done } = await stream.take(1);
  return !done && value.type === 'COMPLETED';
}
