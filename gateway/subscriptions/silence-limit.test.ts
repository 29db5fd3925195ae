import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SilenceLimit } from './silence-limit.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An answer that is given later, and what came of waiting for it. */
function asked(limit: SilenceLimit) {
  let answer: (value: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const outcome: unknown[] = [];
  limit
    .wait(
      new Promise<string>((resolve, reject) => {
        answer = resolve;
        fail = reject;
      }),
    )
    .then(
      (value) => outcome.push(value ?? 'given up'),
      (error: Error) => outcome.push(error.message),
    );
  return { outcome, answer, fail };
}

test('gives the answer, or the error, and leaves no timer behind', async () => {
  const limit = new SilenceLimit(1_000);
  const [one, other] = [asked(limit), asked(limit)];
  one.answer('yes');
  other.fail(new Error('no'));
  await vi.advanceTimersByTimeAsync(0);
  expect([one.outcome, other.outcome]).toEqual([['yes'], ['no']]);
  expect(vi.getTimerCount()).toBe(0);
});

test('gives all up when nobody was answered for the time, and is asked anew afterwards', async () => {
  const limit = new SilenceLimit(1_000);
  const [one, other] = [asked(limit), asked(limit)];
  await vi.advanceTimersByTimeAsync(1_001);
  expect([one.outcome, other.outcome]).toEqual([['given up'], ['given up']]);
  expect(vi.getTimerCount()).toBe(0);
  const later = asked(limit);
  await vi.advanceTimersByTimeAsync(900);
  later.answer('yes');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(later.outcome).toEqual(['yes']);
});

test('gives nobody up while others are answered', async () => {
  const limit = new SilenceLimit(1_000);
  const many = Array.from({ length: 10 }, () => asked(limit));
  for (const one of many) {
    await vi.advanceTimersByTimeAsync(900);
    one.answer('yes');
  }
  await vi.advanceTimersByTimeAsync(0);
  expect(many.map(({ outcome }) => outcome)).toEqual(many.map(() => ['yes']));
});
