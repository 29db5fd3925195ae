import { describe, expect, test } from 'vitest';
import { addQuantities, formatQuantity, parseQuantity, quantity } from './quantity.js';

const canonical = (text: string): string => formatQuantity(quantity(text));

describe('a quantity', () => {
  test.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
    ['2000', '2k'],
    ['1e3', '1e3'],
    ['0', '0'],
    ['-1', '-1'],
    ['100n', '100n'],
    ['512', '512'],
  ])('%s is written as %s', (given, written) => {
    expect(canonical(given)).toBe(written);
  });

  test.each(['lots', '1.2.3', '', '1 Gi', '1gi', '--1', '1e999'])('%j is none', (given) => {
    expect(parseQuantity(given)).toBeUndefined();
  });

  test('sums keep the format of what was there first', () => {
    expect(formatQuantity(addQuantities(quantity('64Mi'), quantity('64Mi')))).toBe('128Mi');
    expect(formatQuantity(addQuantities(quantity('0'), quantity('1Gi')))).toBe('1Gi');
  });
});
