import { afterEach, describe, expect, it } from 'vitest';
import { NotFoundError } from '../../../subgraphs/shared/errors.js';
import { Connections, type CredentialsSource } from '../../../subgraphs/shared/kubernetes/connections.js';
import type { Informer, InformerEvent } from '../../../subgraphs/shared/kubernetes/informer.js';
import { Informers, type InformersOptions } from '../../../subgraphs/shared/kubernetes/informers.js';
import { type ConfigMap, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { FakeApiServer, policyFor, sendStatus, silentLogger, tokenFor } from '../../kit/fake-api-server.js';
import { expiredLine, FakeCollection } from '../../kit/fake-collection.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

interface Watched {
  collection: FakeCollection;
  server: FakeApiServer;
  connections: Connections;
  informers: Informers;
  informer: Informer<ConfigMap>;
  events: InformerEvent<ConfigMap>[];
  /** Delays that were asked for. */
  waits: number[];
  /** Events so far as `TYPE name`, and forgets them. */
  seen(): string[];
  /** Keeps the informer from trying again until the returned function is called. */
  holdRetries(): () => void;
  credentials: { current: Awaited<ReturnType<CredentialsSource['find']>> };
}

async function watched(
  prepare: (collection: FakeCollection) => void = () => undefined,
  options: Partial<InformersOptions> & { labelSelector?: string } = {},
): Promise<Watched> {
  const { labelSelector, ...rest } = options;
  const collection = new FakeCollection();
  prepare(collection);
  const server = await FakeApiServer.start(collection.handler);
  const credentials: Watched['credentials'] = {
    current: { clusterName: 'alpha', credentials: tokenFor(server.origin) },
  };
  const connections = new Connections({
    source: { find: async () => credentials.current },
    addressPolicy: policyFor(server.origin),
    logger: silentLogger,
  });
  const waits: number[] = [];
  let retries = Promise.resolve();
  const holdRetries = () => {
    let go: () => void = () => undefined;
    retries = new Promise((resolve) => {
      go = resolve;
    });
    return go;
  };
  const informers = new Informers({
    connections,
    logger: silentLogger,
    random: () => 0.5,
    wait: async (ms) => {
      waits.push(ms);
      await new Promise((resolve) => setTimeout(resolve, 1));
      await retries;
    },
    ...rest,
  });
  stack.push(
    () => server.close(),
    () => connections.dispose(),
    () => informers.dispose(),
  );
  const { informer } = informers.acquire({
    clusterId: 'cluster_a',
    resource: resources.configMaps,
    ...(labelSelector ? { labelSelector } : {}),
    indexes: { value: (object) => [object.data?.['v'] ?? ''] },
  });
  const events: InformerEvent<ConfigMap>[] = [];
  informer.subscribe((event) => events.push(event));
  const seen = () =>
    events.splice(0).map((event) => ('key' in event ? `${event.type} ${event.key}` : event.type));
  return {
    collection,
    server,
    connections,
    informers,
    informer,
    events,
    waits,
    seen,
    holdRetries,
    credentials,
  };
}

const dataOf = (informer: Informer<ConfigMap>) =>
  Object.fromEntries(informer.list().map((object) => [object.metadata?.name, object.data?.['v']]));

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
    expect(Number(query?.get('timeoutSeconds'))).toBe(450);
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
    expect(waits.every((ms) => ms >= 600)).toBe(true);
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

  it('lists again when the cluster stays silent to its version, as after a restored backup', async () => {
    const { collection, informer } = await watched((fake) => fake.put('a', { v: '1' }), {
      silenceLimitMs: 150,
    });
    await informer.synced();
    await eventually(() => collection.lists.length >= 2, { seconds: 5 });
    expect(collection.watches.length).toBeGreaterThanOrEqual(2);
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

  it('asks a cluster that refuses its only token no more than every 30 seconds (CL-8)', async () => {
    const { collection, informer, waits } = await watched((fake) => {
      fake.onList = (_request, response) => sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
    });
    await eventually(() => waits.length >= 5);
    expect(Math.min(...waits)).toBe(30_000);
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

describe('a cluster that sends nonsense (CL-12)', () => {
  it('loses the objects that cannot be read, and nothing else', async () => {
    const { collection, informer } = await watched((fake) => {
      fake.put('good', { v: '1' });
      const { handler } = fake;
      fake.onList = (request, response) => {
        fake.onList = undefined;
        const { end } = response;
        response.end = ((body: string) =>
          end.call(
            response,
            body.replace('"items":[', '"items":[null,7,{"metadata":null},{"metadata":{"name":5}},'),
            'utf8',
          )) as never;
        return handler(request, response);
      };
    });
    await informer.synced();
    expect(dataOf(informer)).toEqual({ good: '1' });
    await eventually(() => collection.open.size === 1);
    collection.write(
      'not json\n\n{"type":"ADDED"}\n{"type":"ADDED","object":null}\n{"type":"WAT","object":{}}\n[1]\nnull\n',
    );
    collection.write(Buffer.from([0xff, 0xfe, 0x22, 0x0a]));
    collection.write(
      `{"type":"ADDED","object":{"metadata":{"name":"odd","resourceVersion":"9","creationTimestamp":"never"}}}\n`,
    );
    collection.put('after', { v: '2' });
    await eventually(() => informer.get('dev/after'));
    expect(Object.keys(dataOf(informer)).sort()).toEqual(['after', 'good', 'odd']);
    expect(informer).toMatchObject({ unreadableCount: 12 });
    expect(new Set(collection.lists).size).toBe(1);
  });

  it('cannot fill the memory with one endless line', async () => {
    const { collection, informer } = await watched((fake) => fake.put('good', { v: '1' }));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    const [watch] = collection.open;
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const block = Buffer.alloc(1024 * 1024, 'x');
    for (let mebibytes = 0; mebibytes < 200; mebibytes++) {
      if (!watch?.response.write(block))
        await new Promise((resolve) => watch?.response.once('drain', resolve));
    }
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(
      96 * 1024 * 1024,
    );
    collection.write('\n');
    collection.put('after', { v: '2' });
    await eventually(() => informer.get('dev/after'));
  });

  it('or a reader that throws, does not take the informer down', async () => {
    const { collection, informer } = await watched((fake) => fake.put('a', { v: '1' }));
    informer.subscribe(() => {
      throw new Error('a bug of a reader');
    });
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    collection.put('b', { v: '1' });
    await eventually(() => informer.get('dev/b'));
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
});
