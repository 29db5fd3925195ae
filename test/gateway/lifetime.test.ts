import { describe, expect, test, vi } from 'vitest';
import { loadGeneration } from '../../gateway/supergraph/generation.js';
import type { Planner } from '../../gateway/supergraph/planner.js';
import { TooLargeError } from '../../subgraphs/shared/errors.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { expectSoon, receive, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';
import { tinySupergraph } from './tiny-subgraphs.js';

test('a gateway that stops finishes what runs, closes sockets with 1001 and takes nothing new', async () => {
  const tiny = await startTinyGateway();
  let release = (): void => undefined;
  tiny.subgraphs.clusterGate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const client = tiny.socket();
  const closed = new Promise<{ code: number }>((resolve) => {
    client.on('closed', (event) => resolve(event as { code: number }));
  });
  const stream = receive(client, 'subscription { ticks { count } }');
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
  const running = tiny.post('{ project(id: "p1") { cluster { name } } }');
  await expectSoon(() => tiny.subgraphs.calls).toEqual(['cluster of p1']);

  const stopping = tiny.gateway.dispose();
  expect((await closed).code).toBe(1001);
  expect(stream.ended).not.toBe('complete');
  await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
  await expect(tiny.post('{ whoAmI }')).rejects.toThrow();
  release();
  expect((await running).data).toEqual({ project: { cluster: { name: 'cluster of p1' } } });
  await stopping;
});

test('a port in use is an error that says which', async () => {
  await using tiny = await startTinyGateway();
  await expect(startTinyGateway({ config: { port: tiny.gateway.port } })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    port: tiny.gateway.port,
  });
});

test('one log line tells of each operation, without its variables', async () => {
  await using tiny = await startTinyGateway();
  const { headers } = await tiny.post('mutation Rename($id: ID!) { rename(id: $id, name: "x") { id } }', {
    token: await tokenFor(),
    variables: { id: 'canary-variable' },
  });
  const lines = tiny.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'operation');
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'info',
      requestId: headers.get('x-request-id'),
      transport: 'http',
      userId: 'user_ada',
      kind: 'mutation',
      operation: 'Rename',
      durationMs: expect.any(Number),
    }),
  ]);
  expect(tiny.log.join('')).not.toContain('canary-variable');
});

describe('the log line of a subscription', () => {
  const subscription = 'subscription Watch { ticks { count project { id } } }';

  /** A gateway whose planner answers when and what the test says. */
  async function startPlannedBy(plan: Planner['plan']): Promise<TinyGateway> {
    const generation = await loadGeneration(tinySupergraph(), createLogger({ level: 'silent' }));
    vi.spyOn(generation.planner, 'plan').mockImplementation(plan);
    return startTinyGateway({ dependencies: { generation } });
  }
  const told = (tiny: TinyGateway) =>
    tiny.log
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'operation')
      .map(({ operation, errors }) => [operation, errors]);

  test('says what its plan was refused with, and it is counted as that', async () => {
    await using tiny = await startPlannedBy(() => Promise.reject(new TooLargeError('too large to plan')));
    const viewer = receive(tiny.socket(), subscription);
    await expectSoon(() => viewer.ended).toMatchObject({ error: [{ extensions: { code: 'TOO_LARGE' } }] });
    expect(told(tiny)).toEqual([['Watch', ['TOO_LARGE']]]);
  });

  test('says that its client left before it was planned', async () => {
    let planned = false;
    await using tiny = await startPlannedBy(() => {
      planned = true;
      return new Promise(() => undefined);
    });
    const viewer = receive(tiny.socket(), subscription);
    await expectSoon(() => planned).toBe(true);
    viewer.leave();
    await expectSoon(() => told(tiny)).toEqual([['Watch', ['CLIENT_LEFT']]]);
  });

  test('says nothing else once it has begun, however it ends', async () => {
    await using tiny = await startTinyGateway();
    const viewer = receive(tiny.socket(), subscription);
    await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
    tiny.subgraphs.streams[0]?.fail(new Error('the inside of deployments'));
    await expectSoon(() => viewer.ended).toMatchObject({ error: [{ extensions: { code: 'INTERNAL' } }] });
    expect(told(tiny)).toEqual([['Watch', undefined]]);
  });
});

test('GraphiQL is served from our own files, with a policy that lets nothing else in', async () => {
  await using tiny = await startTinyGateway();
  const get = (path: string) => fetch(new URL(path, tiny.gateway.url));
  const page = await get('/');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const pending = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
  expect(pending.length).toBeGreaterThan(5);
  const seen = new Set<string>();
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    expect(path).toMatch(/^\/explorer\//);
    const file = await get(path);
    expect([path, file.status]).toEqual([path, 200]);
    if (!path.startsWith('/explorer/graphql-ws/') && !path.endsWith('explorer.js')) continue;
    for (const [, imported] of (await file.text()).matchAll(/^import .* from '([^']+)'/gm)) {
      pending.push(new URL(imported ?? '', new URL(path, tiny.gateway.url)).pathname);
    }
  }
  for (const path of [
    '/explorer/../package.json',
    '/explorer/graphql-ws/..%2fpackage.json',
    '/explorer/graphql-ws/x.js',
    '/constructor',
  ]) {
    expect((await get(path)).status).toBe(404);
  }
});
