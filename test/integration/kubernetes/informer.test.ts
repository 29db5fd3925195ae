import { describe, expect, it } from 'vitest';
import { resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { eventually } from '../../kit/wait.js';
import { watched } from '../../kit/watched-collection.js';

describe('an informer', () => {
  it('lists page by page, then follows the changes', async () => {
    const { collection, informer, seen } = await watched((fake) => {
      fake.pageSize = 2;
      for (const name of ['a', 'b', 'c', 'd', 'e']) fake.put(name, { v: '1' });
    });
    expect(informer.hasSynced).toBe(false);
    expect(informer.observation()).toEqual({ observedAt: null, stale: true });
    await informer.synced();
    expect(collection.lists.map(({ url }) => url.searchParams.get('continue'))).toEqual([null, '2', '4']);
    expect(seen()).toEqual([...'abcde'].map((name) => `ADDED dev/${name}`).concat('RESYNCED'));

    await eventually(() => collection.open.size === 1);
    collection.put('a', { v: '2' });
    collection.put('f', { v: '2' });
    collection.remove('b');
    await eventually(() => informer.get('dev/b') === undefined);
    expect(seen()).toEqual(['MODIFIED dev/a', 'ADDED dev/f', 'DELETED dev/b']);
    expect(informer.listBy('value', '2').map(({ metadata }) => metadata?.name)).toEqual(['a', 'f']);
    expect(informer.listBy('namespace', 'dev')).toHaveLength(5);
    expect(informer.observation()).toEqual({ observedAt: expect.any(Date), stale: false });
    const query = collection.watches[0]?.url.searchParams;
    expect(query?.get('allowWatchBookmarks')).toBe('true');
    expect(Number(query?.get('timeoutSeconds'))).toBe(300);
  });

  it('keeps neither managed fields nor the last applied configuration', async () => {
    const { collection, informer } = await watched((fake) => fake.put('a', { v: '1' }));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    collection.put('b', { v: '1' });
    await eventually(() => informer.get('dev/b'));
    for (const object of informer.list()) {
      expect(object).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
      expect(object.metadata?.annotations).toEqual({ kept: 'yes' });
      expect(object.metadata).not.toHaveProperty('managedFields');
    }
  });

  it('sees an object that leaves its selector deleted, and added when it returns (CL-14)', async () => {
    const { collection, informer, seen } = await watched((fake) => fake.put('a', { v: '1' }), {
      labelSelector: 'app=x',
    });
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    seen();
    collection.put('a', { v: '2' }, { app: 'z' });
    collection.put('a', { v: '3' }, { app: 'z' });
    collection.put('a', { v: '4' }, { app: 'x' });
    await eventually(() => informer.get('dev/a')?.data?.['v'] === '4');
    expect(seen()).toEqual(['DELETED dev/a', 'ADDED dev/a']);
  });

  it('finds objects by namespace, by the service they are of and by who owns them', async () => {
    const { collection, informer } = await watched((fake) => {
      fake.put('a', { v: '1' }, { 'meridian.dev/service': 'service_1' });
      fake.put('b', { v: '1' }, { 'meridian.dev/service': 'service_2' });
      fake.put('c', { v: '1' });
    });
    await informer.synced();
    const by = (index: string, value: string) =>
      informer.listBy(index, value).map(({ metadata }) => metadata?.name);
    expect(by('namespace', 'dev')).toEqual(['a', 'b', 'c']);
    expect(by('service', 'service_1')).toEqual(['a']);
    expect(by('owner', 'uid-of-nobody')).toEqual([]);
    await eventually(() => collection.open.size === 1);
    collection.put('b', { v: '2' }, { 'meridian.dev/service': 'service_1' });
    collection.remove('a');
    await eventually(() => informer.get('dev/a') === undefined);
    expect(by('service', 'service_1')).toEqual(['b']);
    expect(by('service', 'service_2')).toEqual([]);
    expect(() => informer.listBy('colour', 'red')).toThrow('there is no index "colour"');
  });
});

describe('informers', () => {
  it('are shared by all who want the same, and stop some time after the last', async () => {
    const { collection, informers, informer } = await watched(undefined, { keepMs: 50 });
    const request = { clusterId: 'cluster_a', resource: resources.configMaps };
    const leases = Array.from({ length: 100 }, () => informers.acquire(request));
    await Promise.all(leases.map((lease) => lease.informer.synced()));
    expect(leases.every((lease) => lease.informer === informer)).toBe(true);
    await eventually(() => collection.open.size === 1);
    expect(collection.lists).toHaveLength(1);
    const other = informers.acquire({ ...request, labelSelector: 'app=x' });
    await eventually(() => collection.open.size === 2);
    other.release();
    other.release();
    await eventually(() => collection.open.size === 1);
    expect(informer.hasSynced).toBe(true);
  });

  it('stop when nobody has held them for a while, and begin anew for the next who asks', async () => {
    const { collection, informers, stopOwn, informer } = await watched((fake) => fake.put('a', { v: '1' }), {
      keepMs: 30,
    });
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    stopOwn();
    await eventually(() => collection.open.size === 0);
    const lease = informers.acquire({ clusterId: 'cluster_a', resource: resources.configMaps });
    expect(lease.informer).not.toBe(informer);
    await lease.informer.synced();
    expect(lease.informer.list()).toHaveLength(1);
  });
});
