import { describe, expect, it } from 'vitest';
import { nextTime, parseCron } from './cron-schedule.js';

const next = (schedule: string, after: string): string | undefined => {
  const parsed = parseCron(schedule);
  const time = parsed && nextTime(parsed, Date.parse(after));
  return time === undefined ? undefined : new Date(time).toISOString();
};

describe('a cron schedule', () => {
  it.each([
    ['* * * * *', '2026-11-22T10:00:30Z', '2026-11-22T10:01:00.000Z'],
    ['*/15 9-17 * * mon-fri', '2026-11-20T17:50:00Z', '2026-11-23T09:00:00.000Z'],
    ['30 4 1,15 * 5', '2026-11-02T00:00:00Z', '2026-11-06T04:30:00.000Z'],
    ['@daily', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00.000Z'],
    ['0 0 29 feb *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 12 * * 7', '2026-11-22T13:00:00Z', '2026-11-29T12:00:00.000Z'],
  ])('%s after %s is %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  it.each(['', '* * * *', '60 * * * *', '* * 31-1 * *', 'x * * * *', '*/0 * * * *'])('refuses %j', (text) => {
    expect(parseCron(text)).toBeUndefined();
  });

  it('never comes on a day that does not exist', () => {
    expect(next('0 0 31 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
  });
});
