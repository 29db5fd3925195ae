import { describe, expect, it } from 'vitest';
import { batchLines, LogBuffer, maximumLines } from './log-buffer.js';

const line = (at: number, pod = 'web-1', text = `line ${at}`) => ({
  at: new Date(at),
  pod,
  container: 'web',
  generation: 'NEW' as const,
  text,
  partial: false,
  hasControlCharacters: false,
});
const place = (at: number) => ({ time: new Date(at).toISOString(), pieces: 1, run: 0 });

describe('a log buffer', () => {
  it('merges the lines of a batch by time', () => {
    const buffer = new LogBuffer<string>();
    buffer.push('web-1/web', place(3), line(3));
    buffer.push('web-2/web', place(1), line(1, 'web-2'));
    buffer.push('web-1/web', place(5), line(5));
    const taken = buffer.take();
    expect(taken?.kind === 'LINES' && taken.lines.map(({ line: { text } }) => text)).toEqual([
      'line 1',
      'line 3',
      'line 5',
    ]);
    expect(buffer.take()).toBeUndefined();
  });

  it('keeps marks between the lines that came before and after them', () => {
    const buffer = new LogBuffer<string>();
    buffer.push('web-1/web', place(1), line(1));
    buffer.mark('left');
    buffer.push('web-2/web', place(2), line(2));
    expect([buffer.take()?.kind, buffer.take(), buffer.take()?.kind]).toEqual([
      'LINES',
      { kind: 'MARK', mark: 'left' },
      'LINES',
    ]);
  });

  it('gives at most a hundred lines at once', () => {
    const buffer = new LogBuffer<string>();
    for (let i = 0; i < 250; i++) buffer.push('web-1/web', place(i), line(i));
    const sizes = [buffer.take(), buffer.take(), buffer.take()].map(
      (taken) => taken?.kind === 'LINES' && taken.lines.length,
    );
    expect(sizes).toEqual([batchLines, batchLines, 50]);
  });

  it('gives at most 256 KiB at once, but always a line', () => {
    const buffer = new LogBuffer<string>();
    for (const length of [300, 100, 100, 100]) {
      buffer.push('web-1/web', place(length), line(1, 'web-1', 'x'.repeat(length * 1_024)));
    }
    const sizes = [buffer.take(), buffer.take(), buffer.take()].map(
      (taken) => taken?.kind === 'LINES' && taken.lines.length,
    );
    expect(sizes).toEqual([1, 2, 1]);
  });

  it('lets a line that the filter left out stand behind the last one of its container', () => {
    const buffer = new LogBuffer<string>();
    expect(buffer.advance('web-1/web', place(1))).toBe(false);
    buffer.push('web-1/web', place(2), line(2));
    expect(buffer.advance('web-1/web', place(3))).toBe(true);
    const taken = buffer.take();
    expect(taken?.kind === 'LINES' && taken.lines[0]?.place).toEqual(place(3));
    expect(buffer.advance('web-1/web', place(4))).toBe(false);
  });

  it('drops the oldest lines for a slow reader, says how many, and keeps marks', () => {
    const buffer = new LogBuffer<string>();
    buffer.mark('joined');
    for (let i = 0; i < maximumLines + 1_000; i++) buffer.push('web-1/web', place(i), line(i));
    const gap = buffer.take();
    expect(gap?.kind).toBe('GAP');
    expect(buffer.lines).toBeLessThanOrEqual(maximumLines);
    expect(gap?.kind === 'GAP' && gap.dropped + buffer.lines).toBe(maximumLines + 1_000);
    expect(buffer.take()).toEqual({ kind: 'MARK', mark: 'joined' });
  });

  it('drops nothing for whoever waits while it is full, however the pieces of a long line fill it', () => {
    const buffer = new LogBuffer<string>();
    buffer.push('web-1/web', place(0), line(0));
    const piece = 'x'.repeat(64 * 1024);
    let pushed = 1;
    for (; !buffer.isFull; pushed++) buffer.push('web-1/web', place(pushed), line(pushed, 'web-1', piece));
    expect(pushed).toBeGreaterThan(32);
    expect(buffer.take()?.kind).toBe('LINES');
    expect(buffer.isFull).toBe(false);
  });

  it('is bounded in bytes as well', () => {
    const buffer = new LogBuffer<string>();
    const text = 'x'.repeat(64 * 1024);
    for (let i = 0; i < 200; i++) buffer.push('web-1/web', place(i), line(i, 'web-1', text));
    expect(buffer.lines * text.length).toBeLessThanOrEqual(4 * 1024 * 1024);
  });
});
