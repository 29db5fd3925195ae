import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.js';

describe('pauses between attempts', () => {
  it('double from 0.8 s to 30 s, and begin again after a reset', () => {
    const backoff = new Backoff({ random: () => 0.5 });
    expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([
      800, 1600, 3200, 6400, 12800, 25600, 30000, 30000,
    ]);
    backoff.reset();
    expect(backoff.next()).toBe(800);
  });

  it('differ between two that began together', () => {
    const [early, late] = [new Backoff({ random: () => 0 }), new Backoff({ random: () => 0.999 })];
    expect(early.next()).toBe(600);
    expect(late.next()).toBe(1000);
  });
});
