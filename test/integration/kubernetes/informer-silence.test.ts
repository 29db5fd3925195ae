import { describe, expect, it } from 'vitest';
import { sendStatus } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';
import { watched } from '../../kit/watched-collection.js';

describe('a watch that is silent', () => {
  it('notices a silent connection, says so, and delivers the change behind it (CL-7)', async () => {
    const { collection, informer, events } = await watched((fake) => fake.put('a', { v: '1' }), {
      silenceLimitMs: 300,
    });
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    // The peer takes part no more, and no FIN comes.
    const [halfOpen] = collection.open;
    collection.open.clear();
    events.length = 0;
    collection.put('a', { v: '2' });
    await eventually(() => informer.get('dev/a')?.data?.['v'] === '2', { seconds: 5 });
    expect(events.map(({ type }) => type)).toEqual(['STALENESS_CHANGED', 'STALENESS_CHANGED', 'MODIFIED']);
    expect(halfOpen?.response.destroyed).toBe(true);
    expect(collection.lists).toHaveLength(1);
  });

  it('is left alone while nothing happens, however long, without alarm', async () => {
    const { collection, informer, events } = await watched((fake) => fake.put('a', { v: '1' }), {
      silenceLimitMs: 60,
    });
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    events.length = 0;
    const before = informer.observation().observedAt as Date;
    await eventually(() => collection.proofs.length >= 6);
    expect(events).toEqual([]);
    expect(collection.watches).toHaveLength(1);
    expect(collection.lists).toHaveLength(1);
    expect(informer.observation()).toMatchObject({ stale: false });
    expect(Number(informer.observation().observedAt)).toBeGreaterThan(Number(before));
    collection.put('a', { v: '2' });
    await eventually(() => informer.get('dev/a')?.data?.['v'] === '2');
    expect(events.map(({ type }) => type)).toEqual(['MODIFIED']);
  });

  it('is believed by a server that refuses the question for the version', async () => {
    const { collection, informer, events } = await watched(
      (fake) => {
        fake.put('a', { v: '1' });
        fake.onProof = (request, response) =>
          request.url.searchParams.has('watch')
            ? void response.writeHead(200).end()
            : sendStatus(response, 400, 'BadRequest', 'unknown parameter');
      },
      { silenceLimitMs: 60 },
    );
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    events.length = 0;
    await eventually(() => collection.proofs.length >= 4);
    expect(events).toEqual([]);
    expect(collection.watches).toHaveLength(1);
  });

  it('is stale when the cluster does not answer the question either', async () => {
    const { collection, informer } = await watched(
      (fake) => {
        fake.put('a', { v: '1' });
        fake.onProof = (_request, response) => void response.destroy();
        fake.onList = undefined;
      },
      { silenceLimitMs: 60 },
    );
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    collection.onWatch = (_request, response) => void response.destroy();
    await eventually(() => informer.observation().stale);
    expect(informer.observation()).toMatchObject({ error: { code: 'CLUSTER_UNAVAILABLE' } });
  });

  it('on a server that is behind our version, as after a restored backup, leads to a new list', async () => {
    const { collection, informer, seen } = await watched((fake) => fake.put('gone', { v: '1' }), {
      silenceLimitMs: 100,
    });
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    collection.remove('gone');
    await eventually(() => informer.list().length === 0);
    seen();
    const [silent] = collection.open;
    collection.open.clear();
    collection.version = 40;
    collection.put('restored', { v: '1' });
    await eventually(() => informer.get('dev/restored'));
    expect(seen()).toContain('RESYNCED');
    expect(collection.lists).toHaveLength(2);
    expect(silent?.response.destroyed).toBe(true);
  });
});
