import { describe, expect, test } from 'vitest';
import { share } from './share.js';

describe('sharing the parts of a value with another', () => {
  test('answers the other when nothing differs', () => {
    const other = { a: [1, { b: 'c' }] };
    expect(share({ a: [1, { b: 'c' }] }, other)).toBe(other);
  });

  test('takes what is alike from the other, and nothing else', () => {
    const other = { same: { deep: [1, 2] }, changed: { kept: { x: 1 }, value: 1 }, gone: true };
    const value = { same: { deep: [1, 2] }, changed: { kept: { x: 1 }, value: 2 }, added: {} };
    const expected = structuredClone(value);
    const shared = share(value, other);
    expect(shared).toEqual(expected);
    expect(shared.same).toBe(other.same);
    expect(shared.changed.kept).toBe(other.changed.kept);
  });

  test('tells a list from an object, a shorter list from a longer one, and nothing from a key without a value', () => {
    expect(share([], {})).toEqual([]);
    expect(share([1], [1, 2])).toEqual([1]);
    expect(share({ a: null }, { a: {} })).toEqual({ a: null });
    expect(share({}, { a: 1 })).toEqual({});
  });

  test('leaves a frozen value as it is', () => {
    const value = Object.freeze({ a: Object.freeze({ b: 1 }), c: 1 });
    expect(share(value, { a: { b: 1 }, c: 2 })).toBe(value);
    expect(value).toEqual({ a: { b: 1 }, c: 1 });
  });
});
