import { expect, test } from 'vitest';
import { expectSoon, receive, startTinyGateway, tokenFor } from './tiny-gateway.js';

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
