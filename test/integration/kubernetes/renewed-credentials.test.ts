import { setTimeout as delay } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { NotFoundError } from '../../../subgraphs/shared/errors.js';
import { Connections, type CredentialsSource } from '../../../subgraphs/shared/kubernetes/connections.js';
import { openExec } from '../../../subgraphs/shared/kubernetes/exec-socket.js';
import type { InformerEvent } from '../../../subgraphs/shared/kubernetes/informer.js';
import { Informers } from '../../../subgraphs/shared/kubernetes/informers.js';
import { type ConfigMap, collectionPath, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { Transport } from '../../../subgraphs/shared/kubernetes/transport.js';
import {
  FakeApiServer,
  noActors,
  policyFor,
  sendJson,
  sendStatus,
  silentLogger,
  tokenFor,
} from '../../kit/fake-api-server.js';
import { FakeCollection } from '../../kit/fake-collection.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

/** A cluster whose credentials a test changes; it keeps logs open until the test ends them. */
async function cluster(prepare: (collection: FakeCollection) => void = () => undefined) {
  const collection = new FakeCollection();
  prepare(collection);
  const execs: { socket: WebSocket; authorization: string | undefined }[] = [];
  const server = await FakeApiServer.start((request, response) => {
    if (request.url.pathname.endsWith('/log')) {
      response.writeHead(200, { 'content-type': 'text/plain' });
      return void response.write(`as ${request.headers.authorization}\n`);
    }
    if (request.url.pathname.endsWith('/pods')) return sendJson(response, 200, { items: [] });
    return collection.handler(request, response);
  });
  server.onExec = (socket, { headers }) => void execs.push({ socket, authorization: headers.authorization });
  const elsewhere = new FakeCollection();
  const other = await FakeApiServer.start(elsewhere.handler);
  const stored: { current: Awaited<ReturnType<CredentialsSource['find']>> } = {
    current: { clusterName: 'alpha', credentials: tokenFor(server.origin, 'first') },
  };
  const connections = new Connections({
    actors: noActors,
    source: { find: async () => stored.current },
    addressPolicy: policyFor(server.origin, other.origin),
    logger: silentLogger,
  });
  const informers = new Informers({ connections, logger: silentLogger });
  stack.push(
    () => server.close(),
    () => other.close(),
    () => connections.dispose(),
    () => informers.dispose(),
  );
  const rotate = async (token: string, origin = server.origin) => {
    stored.current = { clusterName: 'alpha', credentials: tokenFor(origin, token) };
    await connections.renew('cluster_a');
  };
  return { collection, elsewhere, other, server, connections, informers, stored, execs, rotate };
}

const configMaps = { clusterId: 'cluster_a', resource: resources.configMaps };
const pods = { method: 'GET', path: collectionPath(resources.pods, 'dev') } as const;
const tokensOf = (requests: readonly { headers: { authorization?: string | undefined } }[]) =>
  requests.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));

describe('new credentials for a cluster', () => {
  it('move its watches over without a list, a stale moment or a lost change', async () => {
    const { collection, informers, rotate } = await cluster((fake) => fake.put('a', { v: '0' }));
    const { informer } = informers.acquire<ConfigMap>(configMaps);
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    const events: InformerEvent<ConfigMap>[] = [];
    informer.subscribe((event) => events.push(event));
    let version = 0;
    for (const token of ['second', 'third', 'fourth']) {
      collection.put('a', { v: String(++version) });
      const rotated = rotate(token);
      collection.put('a', { v: String(++version) });
      await rotated;
      collection.put('a', { v: String(++version) });
      await eventually(() => tokensOf(collection.watches).at(-1) === token);
      collection.put('a', { v: String(++version) });
    }
    await eventually(() => informer.get('dev/a')?.data?.['v'] === String(version));
    const told = events.map((event) => (event.type === 'MODIFIED' ? event.object.data?.['v'] : event.type));
    expect(told).toEqual(Array.from({ length: version }, (_, index) => String(index + 1)));
    expect(collection.lists).toHaveLength(1);
    expect(informer.observation()).toMatchObject({ stale: false });
    // The old watches are closed, so that nothing goes on with what was replaced.
    await eventually(() => collection.open.size === 1);
  });

  it('are used by the next call, and leave open logs and sessions as they are', async () => {
    const { connections, execs, server, rotate } = await cluster();
    const connection = await connections.get('cluster_a');
    const log = await connection.stream({
      ...pods,
      path: `${collectionPath(resources.pods, 'dev')}/web/log` as typeof pods.path,
    });
    const lines = log.chunks[Symbol.asyncIterator]();
    expect(Buffer.from((await lines.next()).value).toString()).toBe('as Bearer first\n');
    const output: string[] = [];
    const exec = await openExec(connection, {
      namespace: 'dev',
      pod: 'web',
      container: 'web',
      command: ['sh'],
      tty: false,
      stdin: true,
      onOutput: ({ bytes }) => output.push(Buffer.from(bytes).toString()),
    });
    await eventually(() => execs.length === 1);

    await rotate('second');
    await connection.request(pods);
    expect(tokensOf(server.requests).at(-1)).toBe('second');
    // Whoever holds the connection goes on with it.
    expect(connection.closed.aborted).toBe(false);
    expect(await connections.get('cluster_a')).toBe(connection);
    execs[0]?.socket.send(Buffer.from([1, ...Buffer.from('still here')]));
    await eventually(() => output.join('') === 'still here');
    const next = lines.next();
    await expect(Promise.race([next.then(() => 'ended'), delay(50, 'open')])).resolves.toBe('open');
    await exec.close();
  });

  it('end the wait that refused ones have earned, whatever is still answered to those', async () => {
    const { connections, server, collection, rotate } = await cluster();
    const { handler } = server;
    let answerLate: (() => void) | undefined;
    server.handler = (request, response) => {
      if (request.headers.authorization !== 'Bearer first') return handler(request, response);
      const refuse = () => sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
      if (!answerLate) {
        answerLate = refuse;
        return;
      }
      return refuse();
    };
    const connection = await connections.get('cluster_a');
    const late = connection.request(pods).catch((error: { code: string }) => error.code);
    await eventually(() => answerLate !== undefined);
    await rotate('second');
    await connection.request(pods);
    answerLate?.();
    expect(await late).toBe('CLUSTER_AUTH_FAILED');
    await connection.request(pods);
    expect(tokensOf(server.requests)).toEqual(['first', 'second', 'second']);
    expect(collection.lists).toHaveLength(0);
  });

  it('for another server end what is open there, and all is read anew', async () => {
    const { collection, elsewhere, other, connections, informers, rotate } = await cluster((fake) =>
      fake.put('a', { v: 'old' }),
    );
    elsewhere.version = 5_000;
    elsewhere.put('b', { v: 'new' });
    const { informer } = informers.acquire<ConfigMap>(configMaps);
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    const connection = await connections.get('cluster_a');
    await rotate('second', other.origin);
    expect(connection.closed.aborted).toBe(true);
    await eventually(() => informer.get('dev/b') !== undefined);
    expect(informer.get('dev/a')).toBeUndefined();
    expect(elsewhere.lists).toHaveLength(1);
    expect(tokensOf(other.requests)).not.toContain('first');
  });

  it('that are the same change nothing', async () => {
    const { collection, informers, rotate } = await cluster((fake) => fake.put('a', { v: '1' }));
    const { informer } = informers.acquire<ConfigMap>(configMaps);
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    await rotate('first');
    collection.put('a', { v: '2' });
    await eventually(() => informer.get('dev/a')?.data?.['v'] === '2');
    expect(collection.watches).toHaveLength(1);
  });
});

describe('a cluster that is removed', () => {
  it('leaves no credentials in memory, those that were replaced included (CL-15)', async () => {
    const { connections, informers, stored, collection, rotate } = await cluster((fake) =>
      fake.put('a', { v: '1' }),
    );
    // Whatever other tests of this process still hold, and may let go of meanwhile, is not this one's.
    const before = queryObjects(Transport, { format: 'count' });
    const { informer } = informers.acquire<ConfigMap>(configMaps);
    const ends: InformerEvent<ConfigMap>[] = [];
    informer.subscribe((event) => event.type === 'STOPPED' && ends.push(event));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    await rotate('second');
    expect(queryObjects(Transport, { format: 'count' })).toBeGreaterThan(before);
    stored.current = undefined;
    await connections.renew('cluster_a');
    await expect(connections.get('cluster_a')).rejects.toBeInstanceOf(NotFoundError);
    await eventually(() => ends.length === 1);
    expect(ends).toMatchObject([{ error: expect.any(NotFoundError) }]);
    await eventually(() => queryObjects(Transport, { format: 'count' }) <= before);
  });
});
