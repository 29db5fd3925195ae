import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Silence } from './silence.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('one who asks a silent subgraph gives up once, when the time is over', () => {
  const giveUp = vi.fn();
  new Silence(5_000).whenTooLong(giveUp);
  vi.advanceTimersByTime(4_999);
  expect(giveUp).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100_000);
  expect(giveUp).toHaveBeenCalledTimes(1);
});

test('whatever is heard, for whomever, begins the time anew', () => {
  const giveUp = vi.fn();
  const silence = new Silence(5_000);
  silence.whenTooLong(giveUp);
  for (let n = 0; n < 10; n++) {
    vi.advanceTimersByTime(3_000);
    silence.heard();
  }
  vi.advanceTimersByTime(4_999);
  expect(giveUp).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(giveUp).toHaveBeenCalledTimes(1);
});

test('what was heard before the question does not shorten the time, and no time is left running after it', () => {
  const giveUp = vi.fn();
  const silence = new Silence(5_000);
  silence.heard();
  vi.advanceTimersByTime(60_000);
  const end = silence.whenTooLong(giveUp);
  vi.advanceTimersByTime(4_999);
  end();
  expect(vi.getTimerCount()).toBe(0);
  expect(giveUp).not.toHaveBeenCalled();
});
