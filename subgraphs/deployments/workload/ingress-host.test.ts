import { describe, expect, it } from 'vitest';
import { ingressHost } from './ingress-host.js';

describe('a host name below the ingress domain', () => {
  it('fits into one label, marked with a hash when it was cut', () => {
    const long = ingressHost({ name: 'a'.repeat(40), namespace: 'b'.repeat(40) }, 'example.com');
    expect(long.split('.')[0]?.length).toBeLessThanOrEqual(63);
    expect(long).toMatch(/-[0-9a-f]{8}\.example\.com$/);
    expect(ingressHost({ name: 'a'.repeat(40), namespace: 'c'.repeat(40) }, 'example.com')).not.toBe(long);
  });
});
