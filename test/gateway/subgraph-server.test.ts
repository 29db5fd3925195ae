import { createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { callerContextHeader, signCallerContext } from '../../subgraphs/shared/caller-context.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { requestBody } from '../../subgraphs/shared/subgraph-execution.js';
import { serveSubgraph } from '../../subgraphs/shared/subgraph-server.js';
import { connectionBody } from '../../subgraphs/shared/subgraph-socket.js';
import { callerKey } from './tiny-gateway.js';
import { TinySubgraphs } from './tiny-subgraphs.js';

const anonymous = { userId: null, requestId: 'request-1', address: null };
const queries = {
  'a query': '{ whoAmI }',
  'the SDL': '{ _service { sdl } }',
  entities:
    '{ _entities(representations: [{ __typename: "Project", id: "p1" }]) { ... on Project { name } } }',
};

async function startServer() {
  const subgraphs = new TinySubgraphs();
  const logger = createLogger({ level: 'silent' });
  const server = await serveSubgraph(subgraphs.get('projects'), {
    host: '127.0.0.1',
    port: 0,
    key: callerKey,
    logger,
  });
  const post = async (body: string, token?: string) => {
    const response = await fetch(server.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...(token ? { [callerContextHeader]: token } : {}) },
    });
    return { status: response.status, text: await response.text() };
  };
  return { server, subgraphs, post, [Symbol.asyncDispose]: () => server.dispose() };
}

const sign = (body: string, changed: Partial<Parameters<typeof signCallerContext>[1]> = {}) =>
  signCallerContext(anonymous, { key: callerKey, audience: 'projects', body, ...changed });

describe('a subgraph process', () => {
  test.each(Object.entries(queries))('answers %s to the gateway', async (_, query) => {
    await using subgraph = await startServer();
    const body = requestBody({ query });
    const { status, text } = await subgraph.post(body, sign(body));
    expect(status).toBe(200);
    expect(JSON.parse(text).data).toBeTruthy();
  });

  test.each(Object.entries(queries))(
    'refuses %s without a caller context that the gateway signed for it',
    async (_, query) => {
      await using subgraph = await startServer();
      const body = requestBody({ query });
      const past = Date.now() - 60_000;
      const refused = [
        undefined,
        'no token',
        sign(body, { key: new Uint8Array(32) }),
        sign(body, { audience: 'clusters' }),
        sign('another body'),
        sign(body, { clock: { now: () => past } }),
        sign(body, { clock: { now: () => past + 120_000 } }),
        signCallerContext({} as never, { key: callerKey, audience: 'projects', body }),
        signCallerContext({ userId: 'root', requestId: 'r' } as never, {
          key: callerKey,
          audience: 'projects',
          body,
        }),
      ];
      for (const token of refused) {
        const { status, text } = await subgraph.post(body, token);
        expect(status).toBe(401);
        expect(JSON.parse(text)).toEqual({
          errors: [
            expect.objectContaining({ extensions: expect.objectContaining({ code: 'UNAUTHENTICATED' }) }),
          ],
        });
      }
      expect(subgraph.subgraphs.calls).toEqual([]);
    },
  );

  test('takes a caller context once', async () => {
    await using subgraph = await startServer();
    const body = requestBody({ query: '{ whoAmI }' });
    const token = sign(body);
    expect((await subgraph.post(body, token)).status).toBe(200);
    expect((await subgraph.post(body, token)).status).toBe(401);
  });

  test('refuses sockets and subscriptions without one, and a replayed one', async () => {
    await using subgraph = await startServer();
    const url = subgraph.server.url.replace('http', 'ws');
    const payload = { query: 'subscription { ticks { count } }' };
    const ask = (connectionParams: Record<string, unknown>, extensions: Record<string, unknown>) =>
      new Promise((resolve) => {
        const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams });
        client.subscribe(
          { ...payload, extensions },
          { next: resolve, error: resolve, complete: () => resolve('complete') },
        );
      });
    expect(await ask({}, {})).toMatchObject({ code: 4403 });
    const connection = async () => ({ [callerContextHeader]: sign(connectionBody) });
    const refused = [expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED', requestId: 'none' } })];
    expect(await ask(await connection(), {})).toEqual(refused);
    const token = sign(requestBody(payload));
    // This subgraph has no such field: it was let in, and told so.
    expect(await ask(await connection(), { [callerContextHeader]: token })).not.toEqual(refused);
    expect(await ask(await connection(), { [callerContextHeader]: token })).toEqual(refused);
  });

  test('masks its errors before they reach the gateway', async () => {
    await using subgraph = await startServer();
    const body = requestBody({ query: '{ leak }' });
    const { text } = await subgraph.post(body, sign(body));
    expect(JSON.parse(text)).toEqual({
      data: { leak: null },
      errors: [
        {
          message: expect.stringContaining('request-1'),
          path: ['leak'],
          extensions: { code: 'INTERNAL', requestId: 'request-1' },
        },
      ],
    });
  });

  test('refuses a literal that only it knows to be wrong as the client’s mistake', async () => {
    await using subgraph = await startServer();
    const body = requestBody({ query: 'query ($v: Mood!) { mood(value: $v) }', variables: { v: 'ANGRY' } });
    const { text } = await subgraph.post(body, sign(body));
    expect(JSON.parse(text).errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('says whether it is ready, to anybody', async () => {
    await using subgraph = await startServer();
    const ask = (path: string) => fetch(new URL(path, subgraph.server.url)).then(({ status }) => status);
    expect(await ask('/livez')).toBe(200);
    expect(await ask('/readyz')).toBe(200);
    subgraph.subgraphs.notReady.add('projects');
    expect(await ask('/readyz')).toBe(503);
    expect(await ask('/graphql')).toBe(404);
  });
});
