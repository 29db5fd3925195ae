import { describe, expect, it } from 'vitest';
import { shareParts } from './shared-parts.js';

const pod = (name: string, phase: string) => ({
  metadata: { name, labels: { app: 'web', tier: 'front' } },
  spec: { containers: [{ name: 'main', image: 'web:1' }] },
  status: { phase, conditions: [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }] },
});

describe('sharing the parts of objects', () => {
  it('keeps what two objects have in common once', () => {
    const [first, second] = [pod('a', 'Running'), pod('b', 'Running')];
    shareParts(second, first);
    expect(second).toEqual(pod('b', 'Running'));
    expect(second.spec).toBe(first.spec);
    expect(second.metadata.labels).toBe(first.metadata.labels);
    expect(second.metadata).not.toBe(first.metadata);
  });

  it('keeps what differs, and does not change the other', () => {
    const [before, after] = [pod('a', 'Pending'), pod('a', 'Running')];
    shareParts(after, before);
    expect(after).toEqual(pod('a', 'Running'));
    expect(before).toEqual(pod('a', 'Pending'));
  });

  it('tells lists from objects and shorter from longer ones', () => {
    const value = { list: [], shorter: [1], none: null, empty: {} };
    shareParts(value, { list: {}, shorter: [1, 2], none: {}, empty: { more: 1 } });
    expect(value).toEqual({ list: [], shorter: [1], none: null, empty: {} });
  });

  it('is not misled by names that every object has', () => {
    const value = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {}, "toString": "x"}',
    ) as object;
    shareParts(value, {});
    shareParts(value, JSON.parse('{"__proto__": {"polluted": true}}') as object);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true},"constructor":{},"toString":"x"}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('copes with what is deeper than any object', () => {
    const deep = () => JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`) as object;
    expect(() => shareParts(deep(), deep())).not.toThrow();
  });
});
