import { describe, expect, it } from 'vitest';
import { sendStatus } from '../../kit/fake-api-server.js';
import { expiredLine } from '../../kit/fake-collection.js';
import { eventually } from '../../kit/wait.js';
import { dataOf, watched } from '../../kit/watched-collection.js';

describe('an informer whose cluster', () => {
  it('lists once and watches on when the cluster forgot its version, in the stream or by HTTP (CL-3)', async () => {
    const { collection, informer, seen, waits, holdRetries } = await watched((fake) => {
      fake.put('kept', { v: '1' });
      fake.put('gone', { v: '1' });
      fake.put('changed', { v: '1' });
    });
    await informer.synced();
    for (const by of ['STREAM', 'HTTP']) {
      await eventually(() => collection.open.size === 1);
      const lists = collection.lists.length;
      seen();
      if (by === 'HTTP') {
        collection.onWatch = (_request, response) => {
          collection.onWatch = undefined;
          sendStatus(response, 410, 'Expired', 'too old resource version');
        };
      }
      const retry = holdRetries();
      collection.endWatches('break');
      await eventually(() => informer.observation().stale);
      collection.remove('gone');
      collection.put('changed', { v: by });
      collection.put('gone-and-back', { v: by });
      collection.compact();
      retry();
      await eventually(() => informer.get('dev/changed')?.data?.['v'] === by);
      await eventually(() => collection.open.size === 1);
      expect(collection.lists.length - lists).toBe(1);
      const events = seen().filter((event) => event !== 'STALENESS_CHANGED');
      expect(events.filter((event) => event.endsWith('dev/kept'))).toEqual([]);
      expect(events).toContain('DELETED dev/gone');
      expect(events.at(-1)).toBe('RESYNCED');
      collection.put('gone', { v: '1' });
      await eventually(() => informer.get('dev/gone'));
    }
    expect(waits.every((ms) => ms >= 800)).toBe(true);
  });

  it('lists ever more rarely when every watch is told 410 (CL-3)', async () => {
    const { collection, waits, informer } = await watched((fake) => {
      fake.put('a', { v: '1' });
      fake.onWatch = (_request, response) => void response.writeHead(200).end(expiredLine);
    });
    await informer.synced();
    await eventually(() => collection.lists.length > 12);
    let elapsed = 0;
    const listsInAMinute = waits.filter((ms) => {
      elapsed += ms;
      return elapsed < 60_000;
    });
    expect(listsInAMinute.length + 1).toBeLessThanOrEqual(10);
  });

  it('tries again after growing, jittered pauses while the cluster fails, and misses nothing (CL-5)', async () => {
    const { collection, informer, waits, seen } = await watched((fake) => fake.put('a', { v: '1' }));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    seen();
    collection.onWatch = (_request, response) => sendStatus(response, 500, 'InternalError', 'boom');
    collection.endWatches('break');
    await eventually(() => waits.length >= 8);
    expect(informer.observation()).toMatchObject({ stale: true, error: { code: 'CLUSTER_UNAVAILABLE' } });
    expect(waits.slice(0, 8)).toEqual([800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
    collection.put('a', { v: '2' });
    collection.put('b', { v: '1' });
    collection.onWatch = undefined;
    await eventually(() => informer.get('dev/b'));
    expect(seen()).toEqual(['STALENESS_CHANGED', 'STALENESS_CHANGED', 'MODIFIED dev/a', 'ADDED dev/b']);
    expect(collection.lists).toHaveLength(1);
    expect(informer.observation()).not.toHaveProperty('error');
  });

  it('pauses as long as the cluster asks for (CL-4)', async () => {
    const { informer, waits } = await watched((fake) => {
      const refuseOnce =
        (then: () => void) => (_request: unknown, response: Parameters<typeof sendStatus>[0]) => {
          then();
          sendStatus(response, 429, 'TooManyRequests', 'later', { headers: { 'retry-after': '7' } });
        };
      fake.onList = refuseOnce(() => {
        fake.onList = undefined;
      });
      fake.onWatch = refuseOnce(() => {
        fake.onWatch = undefined;
      });
    });
    await informer.synced();
    await eventually(() => waits.length === 2);
    expect(waits).toEqual([7_000, 7_000]);
  });

  it('does not storm a server that closes every watch at once', async () => {
    const { collection, waits } = await watched((fake) => {
      fake.onWatch = (_request, response) => void response.writeHead(200).end();
    });
    await eventually(() => collection.watches.length > 7);
    expect(waits.slice(0, 7)).toEqual([800, 1600, 3200, 6400, 12800, 25600, 30000]);
  });

  it('resumes from the last whole event when the stream is cut inside a line (CL-6)', async () => {
    const { collection, informer, seen } = await watched((fake) => {
      for (let i = 0; i < 1_000; i++) fake.put(`o${i}`, { v: '0' });
    });
    await informer.synced();
    seen();
    const versions = new Map<string, number>();
    for (let round = 1; round <= 3; round++) {
      await eventually(() => collection.open.size === 1);
      for (let i = 0; i < 500; i++) collection.put(`o${i}`, { v: String(round) });
      // Half a line is on its way when the connection breaks; the event itself is in the history.
      collection.write('{"type":"MODIFIED","object":{"metadata":{"name":"o999","namespa');
      collection.endWatches(round === 2 ? 'end' : 'break');
      for (let i = 500; i < 1_000; i++) collection.put(`o${i}`, { v: String(round) });
    }
    await eventually(() => Object.values(dataOf(informer)).every((value) => value === '3'));
    expect(collection.lists.length).toBe(2);
    expect(informer).toMatchObject({ unreadableCount: 0 });
    for (const event of seen()) versions.set(event, (versions.get(event) ?? 0) + 1);
    versions.delete('STALENESS_CHANGED');
    expect(versions.size).toBe(1_000);
    expect(new Set(versions.values())).toEqual(new Set([3]));
  });

  it('reads everything anew when it comes back with another history, as after a restored backup or with nothing', async () => {
    const { collection, informer, seen, holdRetries } = await watched((fake) => fake.put('gone', { v: '1' }));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    seen();
    const retry = holdRetries();
    collection.endWatches('break');
    await eventually(() => informer.observation().stale);
    collection.remove('gone');
    collection.version = 40;
    collection.put('restored', { v: '1' });
    retry();
    await eventually(() => informer.get('dev/restored'));
    expect(dataOf(informer)).toEqual({ restored: '1' });
    expect(seen()).toContain('RESYNCED');
    expect(collection.lists).toHaveLength(2);
  });

  it('resumes from a bookmark without listing (CL-13)', async () => {
    const { collection, informer } = await watched((fake) => fake.put('a', { v: '1' }));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    collection.version += 500;
    collection.bookmark();
    await eventually(() => informer.observation().stale === false);
    collection.compact();
    collection.endWatches('end');
    await eventually(() => collection.watches.length === 2);
    expect(collection.watches[1]?.url.searchParams.get('resourceVersion')).toBe('601');
    expect(collection.lists).toHaveLength(1);
  });
});
