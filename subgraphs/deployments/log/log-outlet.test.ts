import { describe, expect, it } from 'vitest';
import { maximumLines } from './log-buffer.js';
import { decodeCursor } from './log-cursor.js';
import { LogOutlet } from './log-outlet.js';
import { LogProgress } from './log-progress.js';

const place = (number: number) => ({ time: new Date(number).toISOString(), pieces: 1, run: 0 });
const line = (number: number) => ({
  at: new Date(number),
  pod: 'web-1',
  container: 'web',
  generation: 'NEW' as const,
  text: String(number),
  partial: false,
  hasControlCharacters: false,
});

function open() {
  const progress = new LogProgress(null, 0);
  progress.begin('web-1/web', false);
  return new LogOutlet(progress);
}

describe('the outlet of a merged log', () => {
  it('holds back what fills it until the reader has taken something', async () => {
    const outlet = open();
    for (let i = 0; i < maximumLines; i++) outlet.push('web-1/web', place(i), line(i));
    let hasRoom = false;
    const room = outlet.room().then(() => {
      hasRoom = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasRoom).toBe(false);
    await outlet.next();
    await room;
    expect(hasRoom).toBe(true);
  });

  it('is patient for a while only with the reader of a live log, who is told then how many lines are gone', async () => {
    const outlet = open();
    const pushed = maximumLines + 700;
    for (let i = 0; i < pushed; i++) {
      outlet.push('web-1/web', place(i), line(i));
      if (i % 100 === 0) await outlet.room(1);
    }
    outlet.end();
    let lines = 0;
    let dropped = 0;
    for (let event = await outlet.next(); event; event = await outlet.next()) {
      if (event.type === 'LINES') lines += event.lines.length;
      if (event.type === 'GAP') dropped += event.dropped ?? 0;
    }
    expect(dropped).toBeGreaterThanOrEqual(700);
    expect(lines + dropped).toBe(pushed);
  });

  it('gives with each batch the cursor after it, lines that the filter left out included', async () => {
    const outlet = open();
    outlet.mark({ type: 'JOINED', pod: 'web-1', container: 'web', generation: 'NEW', restarts: 0 });
    outlet.push('web-1/web', place(1), line(1));
    outlet.skip('web-1/web', place(2));
    outlet.end();
    const cursors = [await outlet.next(), await outlet.next()].map((event) =>
      decodeCursor(event?.cursor ?? '').containers.get('web-1/web'),
    );
    expect(cursors).toEqual([
      { told: true, progress: 'NEW' },
      { told: true, progress: place(2) },
    ]);
  });
});
