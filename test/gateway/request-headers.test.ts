import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpPaths, startTinyGateway, type TinyGateway } from './tiny-gateway.js';

describe.each(httpPaths)('POST $path', ({ alwaysApolloServer }) => {
  let tiny: TinyGateway;
  beforeAll(async () => {
    tiny = await startTinyGateway({ alwaysApolloServer });
  });
  afterAll(() => tiny[Symbol.asyncDispose]());

  test('a request ID that a proxy made is taken, in the answer, errors and the log', async () => {
    const id = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { headers, errors } = await tiny.post('{ leak }', { headers: { 'x-request-id': id } });
    expect(headers.get('x-request-id')).toBe(id);
    expect(errors?.[0]?.extensions).toMatchObject({ requestId: id });
    expect(tiny.log.filter((line) => line.includes('"operation"') && line.includes(id))).toHaveLength(1);
  });

  test.each([
    'short',
    'x'.repeat(65),
    'has a space in its middle',
    '"}{"level":"error"}',
    'ünïcödé-ünïcödé-x',
  ])('the request ID %s is replaced', async (id) => {
    const headers = { 'x-request-id': encodeURI(id) === id ? id : Buffer.from(id).toString('latin1') };
    const answer = await tiny.post('{ whoAmI }', { headers });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('server-timing says what each phase took; a plan that is there takes none', async () => {
    const phases = async () => {
      const { headers } = await tiny.post('query Timed { whoAmI }');
      return Object.fromEntries(
        headers
          .get('server-timing')!
          .split(', ')
          .map((phase) => phase.split(';dur=')),
      );
    };
    const first = await phases();
    expect(Object.keys(first)).toEqual(['parse', 'validate', 'plan', 'execute']);
    for (const duration of Object.values(first)) expect(Number(duration)).toBeGreaterThanOrEqual(0);
    const later: number[] = [];
    for (let n = 0; n < 5; n++) later.push(Number((await phases())['plan']));
    expect(Math.min(...later)).toBeLessThan(Number(first['plan']));
  });
});

test.each([
  ['headers', 'POST /graphql HTTP/1.1\r\nhost: x\r\n'],
  [
    'a body',
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{',
  ],
])('%s that never come are 408', async (_, text) => {
  // No other request is made of it: on a busy machine an honest one may take as long.
  await using tiny = await startTinyGateway({ dependencies: { requestTimes: { headers: 200, whole: 400 } } });
  const socket = connect(tiny.gateway.port, '127.0.0.1');
  socket.write(text);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => void chunks.push(chunk));
  await new Promise((resolve) => socket.on('close', resolve));
  expect(String(Buffer.concat(chunks))).toMatch(/^HTTP\/1\.1 408 /);
});
