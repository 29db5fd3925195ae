import { afterEach, expect, test, vi } from 'vitest';
import { AttendedTime } from './attended-time.js';

afterEach(() => {
  vi.useRealTimers();
});

test('goes like any clock while it is looked at in time, and no further than allowed when it is not', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const time = new AttendedTime(2_000);
  expect(time.now).toBe(0);
  for (let second = 1; second <= 5; second++) {
    vi.advanceTimersByTime(1_000);
    expect(time.now).toBe(second * 1_000);
    expect(time.look()).toBe(second * 1_000);
  }
  vi.advanceTimersByTime(60_000);
  expect(time.now).toBe(7_000);
  expect(time.look()).toBe(7_000);
  vi.advanceTimersByTime(500);
  expect(time.now).toBe(7_500);
});
