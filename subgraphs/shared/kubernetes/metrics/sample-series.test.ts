import { describe, expect, it } from 'vitest';
import { SampleSeries } from './sample-series.js';

describe('a series of samples', () => {
  it('keeps the last ones in order, and drops the oldest', () => {
    const series = new SampleSeries(20);
    expect(series.last()).toBeUndefined();
    expect(series.list()).toEqual([]);
    for (let at = 1; at <= 50; at++) series.push(at, at / 4, at * 1024);
    expect(series.list().map(({ at }) => at.getTime())).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 31),
    );
    expect(series.last()).toEqual({ at: new Date(50), cpuCores: 12.5, memoryBytes: 51_200 });
  });

  it('takes the same measurement once', () => {
    const series = new SampleSeries(4);
    series.push(10, 1, 1);
    series.push(10, 2, 2);
    series.push(9, 3, 3);
    expect(series.list()).toEqual([{ at: new Date(10), cpuCores: 1, memoryBytes: 1 }]);
  });
});
