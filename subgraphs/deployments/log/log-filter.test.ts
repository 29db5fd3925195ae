import { describe, expect, it } from 'vitest';
import { processorMs } from '../../../test/kit/stopwatch.js';
import { lineFilter } from './log-filter.js';

const refusal = (filter: string): string => {
  try {
    lineFilter(filter, 'REGULAR_EXPRESSION');
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

describe('a filter of lines', () => {
  it('is a text that lines contain, whatever it looks like', () => {
    const filter = lineFilter('/a.c/', 'TEXT');
    expect([filter('GET /a.c/ 200'), filter('GET /abc/ 200')]).toEqual([true, false]);
  });

  it('is a regular expression that matches somewhere in the line', () => {
    const filter = lineFilter('(?i)error|^\\d+ ', 'REGULAR_EXPRESSION');
    expect(['an Error here', '12 things', 'a 12 b'].map(filter)).toEqual([true, true, false]);
  });

  it.each([
    ['a(b', 'missing closing )'],
    ['(?=a)b', '(?='],
    ['(a)\\1', '\\1'],
    ['[z-a]', 'z-a'],
    ['a**', '**'],
    ['(ab){900}', 'instructions'],
    ['x'.repeat(1_001), 'at most 1000'],
  ])('names what is wrong with %s', (filter, part) => {
    expect(refusal(filter)).toContain(part);
  });

  it('needs no more than a moment for a text made to be slow', () => {
    const filter = lineFilter('(a+)+$|(a|aa)+!', 'REGULAR_EXPRESSION');
    const taken = processorMs(() => expect(filter(`${'a'.repeat(64 * 1024)}b`)).toBe(false));
    expect(taken).toBeLessThan(100);
  });
});
