import { describe, expect, it } from 'vitest';
import { sendStatus } from '../../kit/fake-api-server.js';
import { bookmarkLine, expiredLine, type FakeCollection } from '../../kit/fake-collection.js';
import { eventually } from '../../kit/wait.js';
import { dataOf, watched } from '../../kit/watched-collection.js';

const streaming = (prepare: (fake: FakeCollection) => void) => (fake: FakeCollection) => {
  fake.watchList = true;
  prepare(fake);
};

/** An object as a watch sends it. */
const added = (name: string, version: number) =>
  `${JSON.stringify({ type: 'ADDED', object: { metadata: { name, namespace: 'dev', uid: `uid-${name}`, resourceVersion: String(version) } } })}\n`;

describe('an informer of a cluster that streams what is there (WatchList)', () => {
  it('reads and follows in one request', async () => {
    const { collection, informer, seen } = await watched(
      streaming((fake) => {
        for (const name of ['a', 'b']) fake.put(name, { v: '1' });
      }),
      { labelSelector: 'app=x' },
    );
    await informer.synced();
    expect(seen()).toEqual(['ADDED dev/a', 'ADDED dev/b', 'RESYNCED']);
    await eventually(() => collection.open.size === 1);
    collection.put('a', { v: '2' });
    await eventually(() => informer.get('dev/a')?.data?.['v'] === '2');
    expect(collection.lists).toHaveLength(0);
    expect(collection.watches.map(({ url }) => Object.fromEntries(url.searchParams))).toEqual([
      {
        watch: 'true',
        sendInitialEvents: 'true',
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: 'true',
        timeoutSeconds: '300',
        labelSelector: 'app=x',
      },
    ]);
    expect(informer.observation()).toMatchObject({ stale: false });
  });

  it('resumes from the last event when the watch ends, and streams all again when that is forgotten (CL-3)', async () => {
    const { collection, informer, seen, holdRetries } = await watched(
      streaming((fake) => {
        for (const name of ['kept', 'gone']) fake.put(name, { v: '1' });
      }),
    );
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    collection.put('kept', { v: '2' });
    await eventually(() => informer.get('dev/kept')?.data?.['v'] === '2');
    collection.endWatches('end');
    await eventually(() => collection.open.size === 1);
    expect(collection.watches.at(-1)?.url.searchParams.get('resourceVersion')).toBe('103');
    seen();
    const retry = holdRetries();
    collection.endWatches('break');
    await eventually(() => informer.observation().stale);
    collection.remove('gone');
    collection.put('new', { v: '1' });
    collection.compact();
    retry();
    await eventually(() => informer.get('dev/new'));
    await eventually(() => !informer.observation().stale);
    expect(seen().filter((event) => event !== 'STALENESS_CHANGED')).toEqual([
      'ADDED dev/new',
      'DELETED dev/gone',
      'RESYNCED',
    ]);
    expect(collection.lists).toHaveLength(0);
  });

  it('is not in sync, and resumes from nothing, when the stream breaks off halfway', async () => {
    const { collection, informer, seen } = await watched(
      streaming((fake) => {
        fake.put('a', { v: '1' });
        fake.onWatch = (_request, response) => {
          response.writeHead(200).flushHeaders();
          response.write(added('half', 90));
          response.write(bookmarkLine(95));
        };
      }),
    );
    await eventually(() => informer.get('dev/half'));
    expect(informer.hasSynced).toBe(false);
    collection.onWatch = undefined;
    await eventually(() => collection.watches.length === 1);
    const [first] = collection.watches;
    expect(first?.url.searchParams.get('sendInitialEvents')).toBe('true');
    seen();
    collection.breakConnections();
    await informer.synced();
    expect(collection.watches.at(-1)?.url.searchParams.get('sendInitialEvents')).toBe('true');
    expect(seen()).toEqual(['ADDED dev/a', 'DELETED dev/half', 'RESYNCED']);
  });

  it('drops what was removed while the objects came', async () => {
    const { informer } = await watched(
      streaming((fake) => {
        fake.onWatch = (_request, response) => {
          response.writeHead(200).flushHeaders();
          response.write(added('a', 90) + added('b', 91));
          response.write(added('a', 92).replace('ADDED', 'DELETED'));
          response.write(bookmarkLine(92, { 'k8s.io/initial-events-end': 'true' }));
        };
      }),
    );
    await informer.synced();
    expect(Object.keys(dataOf(informer))).toEqual(['b']);
  });

  it('lists when the server fails at streaming again and again, and tries to stream the next time', async () => {
    const { collection, informer } = await watched(
      streaming((fake) => {
        fake.put('a', { v: '1' });
        fake.onWatch = (request, response) => {
          if (request.url.searchParams.has('sendInitialEvents')) {
            sendStatus(response, 500, 'InternalError', 'etcd is slow');
            return;
          }
          response.writeHead(200).end(expiredLine);
        };
      }),
    );
    await informer.synced();
    expect(collection.lists).toHaveLength(1);
    expect(collection.watches).toHaveLength(2);
    await eventually(() => collection.watches.length >= 4);
    expect(collection.watches[2]?.url.searchParams.has('sendInitialEvents')).toBe(false);
    expect(collection.watches[3]?.url.searchParams.has('sendInitialEvents')).toBe(true);
  });
});

describe('an informer of a cluster that does not', () => {
  it('lists at once and page by page, and asks for the stream no second time', async () => {
    const { collection, informer, waits } = await watched((fake) => {
      fake.pageSize = 2;
      for (const name of ['a', 'b', 'c']) fake.put(name, { v: '1' });
    });
    await informer.synced();
    expect(waits).toEqual([]);
    await eventually(() => collection.open.size === 1);
    collection.compact();
    collection.onWatch = (_request, response) => {
      collection.onWatch = undefined;
      sendStatus(response, 410, 'Expired', 'too old');
    };
    collection.endWatches('end');
    await eventually(() => collection.lists.length === 4);
    expect(collection.refusedStreams).toHaveLength(1);
    expect(collection.lists.map(({ url }) => url.searchParams.get('limit'))).toEqual(Array(4).fill('500'));
  });

  it('lists when it ends the stream without ever saying that all objects came', async () => {
    const { collection, informer } = await watched(
      streaming((fake) => {
        fake.put('a', { v: '1' });
        fake.onWatch = (_request, response) => {
          fake.onWatch = undefined;
          response.writeHead(200).end(bookmarkLine(3));
        };
      }),
    );
    await informer.synced();
    expect(dataOf(informer)).toEqual({ a: '1' });
    expect(collection.lists).toHaveLength(1);
  });
});
