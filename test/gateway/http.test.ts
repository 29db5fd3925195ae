import { request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpPaths, startTinyGateway, type TinyGateway } from './tiny-gateway.js';

const json = { 'content-type': 'application/json' };
const body = JSON.stringify({ query: '{ whoAmI }' });

const refusals: Record<string, { init: RequestInit; search?: string; status: number; code?: string }> = {
  'broken JSON': { init: { method: 'POST', headers: json, body: '{"query": ' }, status: 400 },
  'an empty body': { init: { method: 'POST', headers: json, body: '' }, status: 400 },
  'a key that is there twice': {
    init: { method: 'POST', headers: json, body: '{"query":"{ leak }","query":"{ whoAmI }"}' },
    status: 400,
  },
  'a key that is there twice, once in disguise': {
    init: { method: 'POST', headers: json, body: '{"query":"{ leak }","q\\u0075ery":"{ whoAmI }"}' },
    status: 400,
  },
  'JSON that is no object': { init: { method: 'POST', headers: json, body: '7' }, status: 400 },
  'variables 10,000 levels deep': {
    init: {
      method: 'POST',
      headers: { ...json, accept: 'application/graphql-response+json' },
      body: `{"query":"query ($d: JSON) { mood(value: CALM, detail: $d) }","variables":{"d":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`,
    },
    status: 400,
  },
  'a batch': { init: { method: 'POST', headers: json, body: `[${body},${body}]` }, status: 400 },
  'bytes that are not UTF-8': {
    init: { method: 'POST', headers: json, body: Buffer.from([0x7b, 0xff, 0x7d]) },
    status: 400,
  },
  'UTF-16': {
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-16' },
      body: Buffer.from(body, 'utf16le'),
    },
    status: 415,
  },
  gzip: {
    init: { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(body) },
    status: 415,
  },
  XML: {
    init: { method: 'POST', headers: { 'content-type': 'application/xml' }, body: '<a/>' },
    status: 415,
  },
  'a form': {
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'query={whoAmI}',
    },
    status: 400,
  },
  'a form of a page that has asked before': {
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'apollo-require-preflight': 'yes' },
      body: 'query={whoAmI}',
    },
    status: 415,
  },
  'plain text': { init: { method: 'POST', headers: { 'content-type': 'text/plain' }, body }, status: 400 },
  'a GET without a preflight': { init: {}, search: '?query={whoAmI}', status: 400 },
  'a GET with a message type': {
    init: { headers: { 'content-type': 'message/rfc822' } },
    search: '?query={whoAmI}',
    status: 415,
  },
  'a mutation by GET': {
    init: { headers: { 'apollo-require-preflight': 'yes' } },
    search: `?query=${encodeURIComponent('mutation { rename(id: 1, name: "x") { id } }')}`,
    status: 405,
  },
  'another method': { init: { method: 'PUT', headers: json, body }, status: 405 },
  'a subscription': {
    init: {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ query: 'subscription { ticks { count } }' }),
    },
    status: 406,
  },
  '3 MB': {
    init: { method: 'POST', headers: json, body: JSON.stringify({ query: ' '.repeat(3_000_000) }) },
    status: 413,
    code: 'TOO_LARGE',
  },
  '50 MB': {
    init: { method: 'POST', headers: json, body: Buffer.alloc(50_000_000, 32) },
    status: 413,
    code: 'TOO_LARGE',
  },
};

describe.each(httpPaths)('POST $path', ({ alwaysApolloServer }) => {
  let tiny: TinyGateway;
  beforeAll(async () => {
    tiny = await startTinyGateway({
      config: { allowedOrigins: ['https://console.example.com', 'https://*.example.org'] },
      alwaysApolloServer,
    });
  });
  afterAll(() => tiny[Symbol.asyncDispose]());

  const send = (init: RequestInit, search = ''): Promise<Response> =>
    fetch(`${tiny.gateway.url}${search}`, init);
  describe('a request that is not GraphQL over HTTP is refused with a GraphQL error', () => {
    test.each(Object.entries(refusals))(
      '%s',
      async (_, { init, search, status, code = 'BAD_USER_INPUT' }) => {
        const response = await send(init, search);
        expect(response.status).toBe(status);
        const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] };
        expect(errors[0]?.extensions).toMatchObject({
          code,
          requestId: response.headers.get('x-request-id'),
        });
        expect(JSON.stringify(errors)).not.toMatch(/stack|node_modules|Apollo|at .*:\d+:\d+/);
        expect(tiny.subgraphs.calls).toEqual([]);
      },
    );

    test('the process takes the next one', async () => {
      expect((await tiny.post('{ whoAmI }')).data).toEqual({ whoAmI: null });
    });

    test('no body reaches the log', async () => {
      await send({ method: 'POST', headers: json, body: '{"query": "canary-in-the-body' });
      expect(tiny.log.join('')).not.toContain('canary-in-the-body');
    });
  });

  test('answers a query by GET when the client asks for it in a way that no form can', async () => {
    const response = await send({ headers: { 'apollo-require-preflight': 'yes' } }, '?query={whoAmI}');
    expect(await response.json()).toEqual({ data: { whoAmI: null } });
  });

  /** Browsers forbid scripts to set Origin and fetch keeps to it: an attacker's program does not. */
  function ask(
    origin: string | undefined,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; allowed: string | undefined }> {
    return new Promise((resolve, reject) => {
      const sent = request(tiny.gateway.url, {
        method: 'POST',
        headers: { ...json, ...(origin === undefined ? {} : { origin }), ...headers },
      });
      sent.on('response', (response) => {
        response.resume();
        resolve({
          status: response.statusCode ?? 0,
          allowed: response.headers['access-control-allow-origin'],
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  describe('pages of other origins', () => {
    test.each([
      'https://evil.example.com',
      'null',
      'https://console.example.com.evil.net',
      'https://example.org',
      'http://127.0.0.1:1',
      'https://x.example.org:8443',
      'https://evil.net#.example.org',
    ])('%s may not call', async (origin) => {
      expect(await ask(origin)).toEqual({ status: 403, allowed: undefined });
    });

    test.each(['https://console.example.com', 'https://a.example.org', 'https://a.b.example.org'])(
      '%s may, being configured',
      async (origin) => {
        expect(await ask(origin)).toEqual({ status: 200, allowed: origin });
      },
    );

    test('our own page may, and a program without an origin', async () => {
      const own = new URL(tiny.gateway.url).origin;
      expect(await ask(own)).toEqual({ status: 200, allowed: own });
      expect(await ask(undefined)).toEqual({ status: 200, allowed: undefined });
    });

    test('a preflight tells an allowed page what it may send', async () => {
      const headers = { origin: 'https://console.example.com', 'access-control-request-method': 'POST' };
      const response = await send({ method: 'OPTIONS', headers });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    });

    test('cookies authenticate nobody', async () => {
      const { data } = await tiny.post('{ whoAmI }', {
        headers: { cookie: 'token=eyJhbGciOiJIUzI1NiJ9.e30.x' },
      });
      expect(data).toEqual({ whoAmI: null });
    });
  });

  test('a connection that sends its request byte by byte does not hold others up', async () => {
    const { port } = tiny.gateway;
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n{`,
    );
    expect((await tiny.post('{ whoAmI }')).status).toBe(200);
    socket.destroy();
  });
});
