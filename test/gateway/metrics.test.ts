import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../gateway/operations/persisted-queries.js';
import { expectSoon, receive, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';

const token = 'a token for Prometheus';
let tiny: TinyGateway;
beforeAll(async () => {
  tiny = await startTinyGateway({ config: { metrics: { host: '127.0.0.1', port: 0, token } } });
});
afterAll(() => tiny[Symbol.asyncDispose]());

async function scrape(): Promise<string> {
  const response = await fetch(tiny.gateway.metricsUrl!, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  return response.text();
}

/** 0 when there is no such sample. */
async function sample(name: string, labels: Record<string, string> = {}): Promise<number> {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = (await scrape())
    .split('\n')
    .find(
      (one) =>
        one.startsWith(`${name}${wanted.length > 0 ? '{' : ' '}`) &&
        wanted.every((text) => one.includes(text)),
    );
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('who may read the metrics', () => {
  test('nobody unless a port is given', async () => {
    await using off = await startTinyGateway();
    expect(off.gateway.metricsUrl).toBeNull();
    expect((await fetch(new URL('/metrics', off.gateway.url))).status).toBe(404);
  });

  test('only who sends the token when there is one, on the port of the metrics alone', async () => {
    const url = tiny.gateway.metricsUrl!;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: 'Bearer another' } })).status).toBe(401);
    expect((await fetch(new URL('/graphql', url))).status).toBe(404);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(new URL('/metrics', tiny.gateway.url), { headers })).status).toBe(404);
  });
});

test('counts operations by transport, kind and what came of them', async () => {
  const count = (labels: Record<string, string>) => sample('meridian_gateway_operations_total', labels);
  const before = await count({ transport: 'http', kind: 'query', code: 'OK' });
  await tiny.post('{ whoAmI }');
  await tiny.post('{ nothing }');
  await tiny.post('{ leak }');
  await fetch(tiny.gateway.url, { method: 'POST', headers: { authorization: 'Bearer bad' } });
  expect(await count({ transport: 'http', kind: 'query', code: 'OK' })).toBe(before + 1);
  expect(await count({ transport: 'http', kind: 'unknown', code: 'BAD_USER_INPUT' })).toBe(1);
  expect(await count({ transport: 'http', kind: 'query', code: 'INTERNAL' })).toBe(1);
  expect(await sample('meridian_gateway_refused_requests_total', { status: '401' })).toBe(1);
  expect(
    await sample('meridian_gateway_operation_duration_seconds_count', { kind: 'query' }),
  ).toBeGreaterThan(1);
  expect(await sample('meridian_gateway_operation_cost_count', { kind: 'query' })).toBeGreaterThan(1);
});

test('tells what is open', async () => {
  const stream = receive(tiny.socket(), 'subscription { ticks { count } }');
  await expectSoon(() => sample('meridian_gateway_subscriptions_open')).toBe(1);
  expect(await sample('meridian_gateway_sockets_open')).toBe(1);
  expect(await sample('meridian_gateway_upstreams_open')).toBe(1);
  stream.leave();
  await expectSoon(() => sample('meridian_gateway_subscriptions_open')).toBe(0);
  expect(
    await sample('meridian_gateway_operations_total', {
      transport: 'websocket',
      kind: 'subscription',
      code: 'OK',
    }),
  ).toBe(1);
});

test('counts the use of what is deprecated: fields, arguments, input fields and enum values, in variables too', async () => {
  const uses = (coordinate: string) => sample('meridian_gateway_deprecated_uses_total', { coordinate });
  for (let n = 0; n < 2; n++)
    await tiny.post('{ oldest: oldWhoAmI search(old: "x", filter: { old: 1, mood: DULL }) }');
  const text = 'query ($filter: SearchFilter, $mood: Mood) { search(filter: $filter, moods: [$mood]) }';
  await tiny.post(text, { variables: { filter: { old: 1, mood: 'CALM' }, mood: 'DULL' } });
  await tiny.post(text, { variables: { filter: null } });
  expect(await uses('Query.oldWhoAmI')).toBe(2);
  expect(await uses('Query.search(old:)')).toBe(2);
  expect(await uses('SearchFilter.old')).toBe(3);
  expect(await uses('Mood.DULL')).toBe(3);
});

test('counts what the caches know', async () => {
  const lookups = (cache: string, result: string) =>
    sample('meridian_gateway_cache_lookups_total', { cache, result });
  const [hits, misses] = [await lookups('documents', 'hit'), await lookups('documents', 'miss')];
  for (let n = 0; n < 3; n++) await tiny.post('query AskedThrice { whoAmI }');
  expect(await lookups('documents', 'miss')).toBe(misses + 1);
  expect(await lookups('documents', 'hit')).toBe(hits + 2);
  const extensions = { persistedQuery: { version: 1, sha256Hash: hashOf('query Unknown { whoAmI }') } };
  await fetch(tiny.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ extensions }),
  });
  expect(await lookups('persisted-queries', 'miss')).toBe(1);
});

test('has the event loop and the process, and nothing that a client made up', async () => {
  const user = await tokenFor({ userId: 'user_canary' });
  await tiny.post('query CanaryName($canary: ID!) { project(id: $canary) { name } }', {
    token: user,
    variables: { canary: 'canary-value' },
    headers: { 'x-request-id': 'canary-request-id' },
  });
  await tiny.post('{ canaryField }');
  const text = await scrape();
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  expect(text).toContain('process_cpu_user_seconds_total');
  expect(text.toLowerCase()).not.toContain('canary');
});
