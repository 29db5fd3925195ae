import { describe, expect, test } from 'vitest';
import type { KubernetesObject, StoreEvent } from './api.js';
import { openStorage } from './open-storage.js';
import { seededRandom } from './random.js';
import type { Registry } from './registry.js';

const start = (): Registry =>
  openStorage({ now: () => Date.parse('2026-01-01T00:00:00Z'), random: seededRandom(1) }).registry;

const map = (name: string, more: object = {}) => ({
  metadata: { name, namespace: 'default', ...more },
  data: { a: '1' },
});

const owned = (name: string, owner: KubernetesObject) =>
  map(name, {
    ownerReferences: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: owner.metadata.name,
        uid: owner.metadata.uid,
        blockOwnerDeletion: true,
      },
    ],
  });

const turns = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('the registry', () => {
  test('hands out frozen objects', () => {
    const object = start().create('configmaps', map('one'));
    expect(() => {
      (object as any).data.a = '2';
    }).toThrow(TypeError);
  });

  test('refuses a replace of a version that is not the current one', () => {
    const api = start();
    const first = api.create('configmaps', map('one'));
    api.update('configmaps', { ...first, data: { a: '2' } });
    expect(() => api.update('configmaps', { ...first, data: { a: '3' } })).toThrow(/has been modified/);
  });

  test('counts generations for changes of the specification only', () => {
    const api = start();
    const made = api.create('deployments', {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'nginx' }] },
        },
      },
    });
    const labelled = api.update('deployments', {
      ...made,
      metadata: { ...made.metadata, labels: { a: 'b' } },
    });
    expect(labelled.metadata.generation).toBe(1);
    const status = api.update(
      'deployments',
      { ...labelled, spec: {}, status: { replicas: 3 } } as any,
      'status',
    );
    expect([status.metadata.generation, status['spec'].replicas, status['status'].replicas]).toEqual([
      1, 1, 3,
    ]);
    const scaled = api.update('deployments', { ...status, spec: { ...status['spec'], replicas: 5 } });
    expect(scaled.metadata.generation).toBe(2);
  });

  test('tells listeners of nested writes in the order of their versions', () => {
    const api = start();
    const seen: string[] = [];
    api.watch('configmaps', ({ object }: StoreEvent) => {
      if (object.metadata.name === 'first') api.create('configmaps', map('second'));
    });
    api.watch('configmaps', ({ object }: StoreEvent) => seen.push(object.metadata.name));
    api.create('configmaps', map('first'));
    expect(seen).toEqual(['first', 'second']);
  });

  test('deletes what only a deleted object owned, and keeps what another owns too', async () => {
    const api = start();
    const owner = api.create('configmaps', map('owner'));
    api.create('configmaps', owned('child', owner));
    const other = api.create('configmaps', map('other'));
    const shared = owned('shared', owner);
    const references = [
      ...(shared.metadata as any).ownerReferences,
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'other', uid: other.metadata.uid },
    ];
    api.create('configmaps', {
      ...shared,
      metadata: { ...shared.metadata, ownerReferences: references } as any,
    });
    api.remove('configmaps', 'default', 'owner');
    await turns();
    expect(api.get('configmaps', 'default', 'child')).toBeUndefined();
    expect(api.get('configmaps', 'default', 'shared')?.metadata.ownerReferences).toHaveLength(1);
  });

  test('deletes in the foreground from the leaves up, and orphans when asked to', async () => {
    const api = start();
    const owner = api.create('configmaps', map('owner'));
    const child = api.create('configmaps', owned('child', owner));
    api.create('configmaps', owned('grandchild', child));
    const order: string[] = [];
    api.watch('configmaps', ({ type, object }) => {
      if (type === 'DELETED') order.push(object.metadata.name);
    });
    api.remove('configmaps', 'default', 'owner', { propagationPolicy: 'Foreground' });
    await turns();
    expect(order).toEqual(['grandchild', 'child', 'owner']);

    const next = api.create('configmaps', map('next'));
    api.create('configmaps', owned('kept', next));
    api.remove('configmaps', 'default', 'next', { propagationPolicy: 'Orphan' });
    await turns();
    expect(api.get('configmaps', 'default', 'next')).toBeUndefined();
    expect(api.get('configmaps', 'default', 'kept')?.metadata.ownerReferences).toBeUndefined();
  });
});
