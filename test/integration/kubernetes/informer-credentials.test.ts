import { describe, expect, it } from 'vitest';
import { NotFoundError } from '../../../subgraphs/shared/errors.js';
import { resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { sendStatus, tokenFor } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';
import { watched } from '../../kit/watched-collection.js';

describe('an informer', () => {
  it('goes on with the new token when the old one is refused (CL-8)', async () => {
    const { collection, informer, credentials, server } = await watched((fake) => fake.put('a', { v: '1' }));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    const refuseOld: typeof collection.onWatch = (request, response) => {
      if (request.headers.authorization === 'Bearer canary-token')
        return sendStatus(response, 401, 'Unauthorized', '');
      collection.onWatch = undefined;
      return collection.handler(request, response);
    };
    collection.onWatch = refuseOld;
    credentials.current = { clusterName: 'alpha', credentials: tokenFor(server.origin, 'canary-token-2') };
    collection.endWatches('break');
    await eventually(() => collection.open.size === 1);
    collection.put('a', { v: '2' });
    await eventually(() => informer.get('dev/a')?.data?.['v'] === '2');
    expect(collection.lists).toHaveLength(1);
  });

  it('does not wait for new credentials that came while the old ones were being refused (CL-8)', async () => {
    const { collection, informer, credentials, server, connections, waits } = await watched((fake) =>
      fake.put('a', { v: '1' }),
    );
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    let refused = false;
    // After a broken connection the cluster is asked whether it knows the version.
    collection.onProof = async (_request, response) => {
      collection.onProof = undefined;
      credentials.current = { clusterName: 'alpha', credentials: tokenFor(server.origin, 'canary-token-2') };
      await connections.renew('cluster_a');
      sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
      refused = true;
    };
    collection.endWatches('break');
    await eventually(() => refused && collection.open.size === 1);
    expect(Math.max(...waits)).toBeLessThan(30_000);
    expect(informer.observation()).toMatchObject({ stale: false });
  });

  it('asks a cluster that refuses its only token no more than every 30 seconds (CL-8)', async () => {
    const { collection, informer, waits } = await watched((fake) => {
      fake.onList = (_request, response) => sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
    });
    await eventually(() => waits.length >= 5);
    expect(Math.min(...waits)).toBe(30_000);
    expect(collection.lists.length).toBeLessThanOrEqual(waits.length + 1);
    expect(informer.observation()).toMatchObject({ stale: true, error: { code: 'CLUSTER_AUTH_FAILED' } });
    collection.onList = undefined;
    await informer.synced();
  });

  it('ends with NOT_FOUND when its cluster is removed, and is made anew for who asks later (CL-15)', async () => {
    const { collection, informer, informers, connections, credentials, events } = await watched();
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    const found = credentials.current;
    credentials.current = undefined;
    await connections.drop('cluster_a', 'REMOVED');
    await eventually(() => events.at(-1)?.type === 'STOPPED');
    expect(events.at(-1)).toMatchObject({ error: expect.any(NotFoundError) });
    await expect(informer.synced()).rejects.toBeInstanceOf(NotFoundError);
    await eventually(() => collection.open.size === 0);

    const request = { clusterId: 'cluster_a', resource: resources.configMaps };
    await expect(informers.acquire(request).informer.synced()).rejects.toBeInstanceOf(NotFoundError);
    credentials.current = found;
    await expect(informers.acquire(request).informer.synced()).resolves.toBeUndefined();
  });
});
