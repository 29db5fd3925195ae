import { expect, test } from 'vitest';
import { BoundedCache } from './bounded-cache.js';

test('drops what was used least recently once there are too many entries', () => {
  const cache = new BoundedCache<string, number>({ maxEntries: 2, maxWeight: 100 });
  cache.set('a', 1, 1);
  cache.set('b', 2, 1);
  cache.get('a');
  cache.set('c', 3, 1);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
});

test('drops as many as it takes to stay under the weight, also when an entry is replaced', () => {
  const cache = new BoundedCache<string, number>({ maxEntries: 10, maxWeight: 10 });
  cache.set('a', 1, 4);
  cache.set('b', 2, 4);
  cache.set('b', 3, 6);
  expect([cache.get('a'), cache.get('b')]).toEqual([1, 3]);
  cache.set('c', 4, 5);
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.size]).toEqual([undefined, undefined, 4, 1]);
});
