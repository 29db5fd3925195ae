import { describe, expect, it, vi } from 'vitest';
import { Recent } from './recent.js';

function setup(ask: (key: string) => Promise<number>, limitMs = 1_000) {
  const clock = { time: 0, now: () => clock.time };
  const spy = vi.fn(ask);
  return { clock, spy, recent: new Recent(spy, { maxAgeMs: 100, limitMs, clock }) };
}

describe('a recent answer', () => {
  it('is asked for once at a time for each key, and again when it is old', async () => {
    let next = 1;
    const { clock, spy, recent } = setup(async () => next++);
    expect(await Promise.all([recent.get('a'), recent.get('a'), recent.get('b')])).toEqual([1, 1, 2]);
    clock.time = 99;
    expect(await recent.get('a')).toBe(1);
    expect(spy).toHaveBeenCalledTimes(2);
    clock.time = 100;
    expect(await recent.get('a')).toBe(3);
  });

  it('stays when asking fails, and is not asked for again at once', async () => {
    const answers = [async () => 7, async () => Promise.reject(new Error('down'))];
    const { clock, spy, recent } = setup(() => (answers.shift() ?? (async () => 8))());
    expect(await recent.get('a')).toBe(7);
    clock.time = 100;
    expect(await recent.get('a')).toBe(7);
    expect(await recent.get('a')).toBe(7);
    expect(spy).toHaveBeenCalledTimes(2);
    clock.time = 200;
    expect(await recent.get('a')).toBe(8);
  });

  it('is not waited for longer than the limit, and is there for the next', async () => {
    let answer: (value: number) => void = () => undefined;
    const { recent } = setup(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      5,
    );
    expect(await recent.get('a')).toBeUndefined();
    expect(recent.last('a')).toBeUndefined();
    answer(9);
    await vi.waitFor(() => expect(recent.last('a')).toBe(9));
  });
});
