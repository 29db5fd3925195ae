import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.js';

describe('pauses between attempts', () => {
  const doubled = [800, 1600, 3200, 6400, 12800, 25600, 30000, 30000];

  it('double from 0.8 s to 30 s, and begin again after a reset', () => {
    const backoff = new Backoff({ random: () => 0 });
    expect(Array.from({ length: 8 }, () => backoff.next())).toEqual(doubled);
    backoff.reset();
    expect(backoff.next()).toBe(800);
  });

  it('differ between two that began together, by up to their own length', () => {
    const [early, late] = [new Backoff({ random: () => 0 }), new Backoff({ random: () => 0.999 })];
    expect([early.next(), early.next()]).toEqual([800, 1600]);
    expect([late.next(), late.next()]).toEqual([1599, 3198]);
  });

  it('begin again when none was needed for two minutes', () => {
    const time = { ms: 1_000_000 };
    const backoff = new Backoff({ random: () => 0, clock: { now: () => time.ms } });
    expect([backoff.next(), backoff.next()]).toEqual([800, 1600]);
    time.ms += 119_999;
    expect(backoff.next()).toBe(3200);
    time.ms += 120_000;
    expect(backoff.next()).toBe(800);
  });
});
