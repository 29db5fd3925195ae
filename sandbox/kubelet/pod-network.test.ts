import { describe, expect, test } from 'vitest';
import { PodNetwork } from './pod-network.js';

describe('the addresses of pods', () => {
  test('are in a range of 256 for each ordinary node', () => {
    const network = new PodNetwork(3, 110);
    expect([0, 1, 2].map((node) => network.rangeOf(node))).toEqual([
      '10.244.0.0/24',
      '10.244.1.0/24',
      '10.244.2.0/24',
    ]);
    expect(network.addressOf(1, 0)).toBe('10.244.1.2');
  });

  test('differ among all pods of nodes that take more than an ordinary one', () => {
    const network = new PodNetwork(5, 600);
    const addresses = [0, 1, 2, 3, 4].flatMap((node) =>
      Array.from({ length: 600 }, (_, slot) => network.addressOf(node, slot)),
    );
    expect(new Set(addresses).size).toBe(3000);
    expect(network.rangeOf(1)).toBe('10.244.4.0/22');
  });

  test('come again only after the whole range was used', () => {
    const network = new PodNetwork(1, 110);
    expect(network.addressOf(0, 253)).toBe(network.addressOf(0, 0));
    expect(network.addressOf(0, 252)).toBe('10.244.0.254');
  });

  test('stay addresses in a cluster of a thousand large nodes', () => {
    expect(new PodNetwork(1000, 2000).addressOf(999, 5)).toMatch(/^10\.(1\d\d|2[0-5]\d)\.\d+\.\d+$/);
  });
});
