import { describe, expect, it } from 'vitest';
import { ObjectStore } from './object-store.js';
import type { KubernetesObject } from './wire.js';

type Thing = KubernetesObject & { color: string };
const thing = (name: string, color: string, namespace = 'dev'): Thing => ({
  metadata: { name, namespace },
  color,
});

describe('the store of an informer', () => {
  it('finds objects under the values that they have now, not those that they had', () => {
    const store = new ObjectStore<Thing>();
    store.put(thing('a', 'red'));
    store.addIndex('color', ({ color }) => [color, 'any']);
    store.put(thing('b', 'red'));
    store.put(thing('a', 'blue'));
    store.put(thing('a', 'red', 'prod'));
    store.delete('dev/b');
    const names = (color: string) =>
      store.listBy('color', color).map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
    expect(names('blue')).toEqual(['dev/a']);
    expect(names('red')).toEqual(['prod/a']);
    expect(names('any')).toEqual(['dev/a', 'prod/a']);
    expect(store.listBy('namespace', 'dev')).toEqual([thing('a', 'blue')]);
    expect(store.size).toBe(2);
    expect(() => store.listBy('shape', 'x')).toThrow('there is no index "shape"');
  });
});
