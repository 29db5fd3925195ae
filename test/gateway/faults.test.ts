import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { httpSource } from '../../gateway/sources/http.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { serveSubgraph } from '../../subgraphs/shared/subgraph-server.js';
import { Stopwatch } from '../kit/stopwatch.js';
import { fakeSubgraph } from './fake-subgraph.js';
import { callerKey, expectSoon, startTinyGateway } from './tiny-gateway.js';

const source = (url: string, silenceMilliseconds = 60_000) =>
  httpSource({ name: 'clusters', url, key: callerKey, silenceMilliseconds });
const twoSubgraphs = '{ project(id: "p1") { name cluster { name } } }';

const answers: Record<string, RequestListener> = {
  'an HTML page with 502': (_, response) =>
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>upstream clusters:4002 is down</h1>'),
  'an HTML page with 200': (_, response) => response.end('<h1>upstream clusters:4002</h1>'),
  'an empty object': (_, response) => response.end('{}'),
  'an array': (_, response) => response.end('[]'),
  null: (_, response) => response.end('null'),
  'entities that are no list': (_, response) => response.end('{"data":{"_entities":7}}'),
  'too few entities': (_, response) => response.end('{"data":{"_entities":[]}}'),
  'a value of the wrong type': (_, response) =>
    response.end(
      '{"data":{"_entities":[{"__typename":"Project","cluster":{"name":{"secret":"clusters:4002"}}}]}}',
    ),
  'errors with a stack and SQL': (_, response) =>
    response.end(
      '{"data":null,"errors":[{"message":"SELECT secret FROM clusters:4002","extensions":{"code":"ER","stacktrace":["at /srv"]}}]}',
    ),
  'errors without a message': (_, response) => response.end('{"errors":[{"code":"clusters:4002"}]}'),
  'a redirect': (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  'a connection that is cut': (request) => request.socket.destroy(),
  'half a body, then an end': (request, response) => {
    response.write('{"data":{"_enti');
    setImmediate(() => request.socket.destroy());
  },
};

describe('a subgraph that answers nonsense costs its own fields, and nothing of it leaves', () => {
  test.each(Object.entries(answers))('%s', async (_, listener) => {
    await using fake = await fakeSubgraph(listener);
    await using tiny = await startTinyGateway({ sources: [source(fake.url)] });
    const { status, data, errors, text } = await tiny.post(twoSubgraphs);
    expect(status).toBe(200);
    expect([{ name: null }, null]).toContainEqual(
      (data as { project: { cluster: unknown } }).project.cluster,
    );
    expect(data).toMatchObject({ project: { name: 'project p1' } });
    expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['INTERNAL']);
    expect(errors?.[0]?.path?.slice(0, 1)).toEqual(['project']);
    expect(text).not.toMatch(/clusters|4002|SELECT|srv|html|127\.0\.0\.1/);
    expect(fake.requests).toEqual(['/graphql']);
  });

  test('80 MB', async () => {
    const megabyte = Buffer.alloc(1_000_000, 'x');
    let left = 80;
    await using fake = await fakeSubgraph((request, response) => {
      const more = (): void => {
        while (left-- > 0) if (!response.write(megabyte)) return;
        response.end();
      };
      request.resume();
      response.on('drain', more);
      response.write('{"data":"');
      more();
    });
    await using tiny = await startTinyGateway({ sources: [source(fake.url)] });
    const { data, errors } = await tiny.post(twoSubgraphs);
    expect(data).toEqual({ project: { name: 'project p1', cluster: null } });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INTERNAL' });
    // An answer may have ten; the rest is what the sockets on the way hold.
    expect(left).toBeGreaterThan(40);
  });
});

describe('a subgraph that hangs costs its own fields after the time it may be silent', () => {
  test.each<[string, RequestListener]>([
    ['that never answers', () => undefined],
    ['that sends headers and half a body', (_, response) => void response.write('{"data":')],
  ])('%s', async (_, listener) => {
    await using fake = await fakeSubgraph(listener);
    await using tiny = await startTinyGateway({ sources: [source(fake.url, 1_000)] });
    const watch = new Stopwatch();
    const { data, errors } = await tiny.post(twoSubgraphs);
    expect(data).toEqual({ project: { name: 'project p1', cluster: null } });
    expect(errors?.[0]).toMatchObject({ path: ['project', 'cluster'], extensions: { code: 'TIMEOUT' } });
    expect(watch.seconds).toBeLessThan(3);
  });

  test('one that works on something slow shows signs of life, and is waited for', async () => {
    await using tiny = await startTinyGateway({ mode: 'over HTTP' });
    const url = tiny.servers.get('clusters')?.url ?? '';
    let release = (): void => undefined;
    tiny.subgraphs.clusterGate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = source(url, 3_000);
    const scope = {
      caller: { userId: null, requestId: 'r', address: null },
      signal: new AbortController().signal,
    };
    const query =
      '{ _entities(representations: [{ __typename: "Project", id: "p" }]) { ... on Project { cluster { name } } } }';
    const asking = slow.execute({ query }, scope);
    setTimeout(release, 4_500);
    expect(await asking).toEqual({ data: { _entities: [{ cluster: { name: 'cluster of p' } }] } });
    await slow.dispose();
  });
});

describe('a subgraph that is down', () => {
  test('the gateway starts without it, names it in /readyz, and serves the others', async () => {
    await using tiny = await startTinyGateway({ sources: [source('http://127.0.0.1:1/graphql')] });
    const ready = await fetch(new URL('/readyz', tiny.gateway.url));
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, missing: [{ subgraph: 'clusters', reason: 'does not answer' }] },
    ]);
    expect((await fetch(new URL('/livez', tiny.gateway.url))).status).toBe(200);
    const { data, errors } = await tiny.post(twoSubgraphs);
    expect(data).toEqual({ project: { name: 'project p1', cluster: null } });
    expect(errors?.[0]).toMatchObject({ path: ['project', 'cluster'], extensions: { code: 'INTERNAL' } });
  });

  test('one that comes back is used again at once', async () => {
    await using tiny = await startTinyGateway({ mode: 'over HTTP' });
    const server = tiny.servers.get('clusters');
    const cluster = async () => (await tiny.post('{ cluster(id: "1") { name } }')).data;
    expect(await cluster()).toEqual({ cluster: { name: 'cluster 1' } });
    await server?.dispose();
    expect(await cluster()).toEqual({ cluster: null });
    const port = Number(new URL(server?.url ?? '').port);
    const logger = createLogger({ level: 'silent' });
    const options = { host: '127.0.0.1', port, key: callerKey, logger };
    tiny.servers.set('clusters', await serveSubgraph(tiny.subgraphs.get('clusters'), options));
    await expectSoon(cluster).toEqual({ cluster: { name: 'cluster 1' } });
  });

  test('a fetch that fails as a whole is reported at each field it was for', async () => {
    await using tiny = await startTinyGateway({ sources: [source('http://127.0.0.1:1/graphql')] });
    const { data, errors } = await tiny.post(
      '{ whoAmI a: cluster(id: "1") { name } b: cluster(id: "2") { name } }',
    );
    expect(data).toEqual({ whoAmI: null, a: null, b: null });
    expect(errors?.map(({ path }) => path)).toEqual([['a'], ['b']]);
  });

  test('/readyz is 200 when all are there, and passes on why one is not ready', async () => {
    await using tiny = await startTinyGateway({ mode: 'over HTTP' });
    const readyz = async () => (await fetch(new URL('/readyz', tiny.gateway.url))).json();
    expect(await readyz()).toEqual({ ready: true });
    tiny.subgraphs.notReady.add('projects');
    expect(await readyz()).toEqual({ ready: false, missing: [{ subgraph: 'projects', reason: 'asleep' }] });
  });
});
