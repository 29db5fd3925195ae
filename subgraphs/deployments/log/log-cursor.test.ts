import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, type LogCursor } from './log-cursor.js';

const cursor: LogCursor = {
  openedAt: 1_764_000_000_000,
  containers: new Map([
    ['web-1/web', { told: true, progress: { time: '2026-01-31T12:00:00.000000001Z', pieces: 3, run: 2 } }],
    ['web-2/web', { told: true, progress: 'QUIET' }],
    ['web-3/web', { told: false, progress: 'NEW' }],
  ]),
};

describe('the cursor of a merged log', () => {
  it('is read as it was written', () => {
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  });

  it('stays short for the many containers of one service', () => {
    const containers = Array.from({ length: 50 }, (_, index) => {
      const progress = { time: `2026-01-31T12:00:00.${100_000_000 + index * 7_919}Z`, pieces: 1, run: 0 };
      return [`payment-gateway-7d9c5b6f8-x${index}kq/payment-gateway`, { told: true, progress }] as const;
    });
    expect(encodeCursor({ ...cursor, containers: new Map(containers) }).length).toBeLessThan(2_000);
  });

  it.each([
    '',
    'nonsense',
    'x'.repeat(100_000),
    Buffer.from('[]').toString('base64url'),
    `${encodeCursor(cursor)}AAAA`.slice(3),
  ])('is refused when it is something else (%#)', (text) => {
    expect(() => decodeCursor(text)).toThrow('after is not a cursor of a log');
  });
});
