import { describe, expect, it } from 'vitest';
import { BadUserInputError } from '../errors.js';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  multiplyQuantity,
  parseQuantity,
  quantityToMillis,
  quantityToNumber,
  readQuantity,
  subtractQuantities,
} from './quantity.js';

const quantity = (text: string) => parseQuantity(text, ['memory']);

describe('reading a quantity', () => {
  it.each([
    ['250m', 0.25],
    ['2', 2],
    ['+2', 2],
    ['-1.5', -1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E3', 1000],
    ['1.5e-1', 0.15],
    ['1E', 1e18],
    ['1k', 1000],
    ['1Ki', 1024],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1Ei', 2 ** 60],
    ['129M', 129e6],
    ['100n', 1e-7],
    ['100u', 1e-4],
    ['0', 0],
  ])('understands %s', (text, value) => {
    expect(quantityToNumber(quantity(text))).toBeCloseTo(value, 9);
  });

  it('rounds what is finer than 10^-9 up, as Kubernetes does', () => {
    expect(quantity('0.0000000001').nanos).toBe(1n);
  });

  it.each([
    '',
    ' 1',
    '1 Gi',
    'Gi',
    '.',
    '1Kb',
    '1ki',
    '0x10',
    '1e',
    '1e999',
    'NaN',
    '１',
    '1'.repeat(41),
    '99999E',
    '1\n',
  ])('refuses %j, naming field, value and remedy', (text) => {
    expect(() => quantity(text)).toThrow(BadUserInputError);
    expect(() => quantity(text)).toThrow(/is not a quantity: write a number with an optional unit/);
  });

  it('takes what a cluster leaves out as unknown, not as zero', () => {
    expect(readQuantity(undefined)).toBeUndefined();
    expect(readQuantity('nonsense')).toBeUndefined();
    expect(readQuantity(3)).toEqual({ nanos: 3_000_000_000n, binary: false });
  });
});

describe('writing a quantity', () => {
  it.each([
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1000', '1k'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['0.5Ki', '512'],
    ['1.5', '1500m'],
    ['-2Gi', '-2Gi'],
    ['0Gi', '0'],
    ['1e3', '1k'],
  ])('writes %s as %s', (text, canonical) => {
    expect(formatQuantity(quantity(text))).toBe(canonical);
  });
});

describe('reckoning with quantities', () => {
  it('adds, subtracts, multiplies and compares across units', () => {
    expect(formatQuantity(addQuantities(quantity('0'), quantity('512Mi'), quantity('0.5Gi')))).toBe('1Gi');
    expect(formatQuantity(subtractQuantities(quantity('1'), quantity('250m')))).toBe('750m');
    expect(formatQuantity(multiplyQuantity(quantity('250m'), 6))).toBe('1500m');
    expect(compareQuantities(quantity('1G'), quantity('1Gi'))).toBeLessThan(0);
    expect(compareQuantities(quantity('1000m'), quantity('1'))).toBe(0);
    expect(quantityToMillis(quantity('0.0001'))).toBe(1);
  });
});
