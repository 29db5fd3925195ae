import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { httpSource } from '../../gateway/sources/http.js';
import { callerContextHeader } from '../../subgraphs/shared/caller-context.js';
import { callerKey } from './tiny-gateway.js';

const scope = () => ({
  caller: { userId: null, requestId: 'r', address: null },
  signal: new AbortController().signal,
});
const query = { query: '{ a }', repeatable: true };

/** Answers by the number of the request on its connection, starting from 1. */
async function subgraph(
  answer: (nth: number, request: IncomingMessage, response: ServerResponse) => void,
  silenceMilliseconds = 5_000,
) {
  const tokens: unknown[] = [];
  const onConnection = new WeakMap<object, number>();
  const server = createServer((request, response) => {
    const nth = (onConnection.get(request.socket) ?? 0) + 1;
    onConnection.set(request.socket, nth);
    tokens.push(request.headers[callerContextHeader]);
    request.resume().on('end', () => answer(nth, request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/graphql`;
  const source = httpSource({ name: 'projects', url, key: callerKey, silenceMilliseconds });
  return {
    source,
    tokens,
    async [Symbol.asyncDispose]() {
      await source.dispose();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** undici takes a connection again one turn of the event loop after its answer. */
const connectionIsKept = (): Promise<void> => setImmediate();

const ok = (response: ServerResponse): void => void response.end('{"data":{"a":1}}');

test('a query that finds its kept connection closed is sent once more, over a fresh one', async () => {
  await using fake = await subgraph((nth, request, response) =>
    nth === 1 ? ok(response) : request.socket.destroy(),
  );
  await fake.source.execute(query, scope());
  await connectionIsKept();
  expect(await fake.source.execute(query, scope())).toEqual({ data: { a: 1 } });
  expect(fake.tokens).toHaveLength(3);
  expect(new Set(fake.tokens).size).toBe(3);
});

test('a mutation is not', async () => {
  await using fake = await subgraph((nth, request, response) =>
    nth === 1 ? ok(response) : request.socket.destroy(),
  );
  await fake.source.execute(query, scope());
  await connectionIsKept();
  await expect(fake.source.execute({ query: 'mutation { a }' }, scope())).rejects.toThrow();
  expect(fake.tokens).toHaveLength(2);
});

test('neither is a query whose answer had begun, or whose connection was new', async () => {
  await using fake = await subgraph((nth, request, response) => {
    if (nth === 1 && fake.tokens.length === 1) ok(response);
    else response.write('{"data":', () => request.socket.destroy());
  });
  await fake.source.execute(query, scope());
  await connectionIsKept();
  await expect(fake.source.execute(query, scope())).rejects.toThrow();
  expect(fake.tokens).toHaveLength(2);

  await using closing = await subgraph((_, request) => request.socket.destroy());
  await expect(closing.source.execute(query, scope())).rejects.toThrow();
  expect(closing.tokens).toHaveLength(1);
});

test('whose reader leaves is given up at once', async () => {
  const closed: boolean[] = [];
  await using fake = await subgraph((_, request) => {
    request.socket.once('close', () => closed.push(true));
    controller.abort(new Error('the client left'));
  });
  const controller = new AbortController();
  await expect(fake.source.execute(query, { ...scope(), signal: controller.signal })).rejects.toThrow(
    'the client left',
  );
  await expect.poll(() => closed).toEqual([true]);
});

/** To one subgraph. */
const connections = 64;
const many = 100;

test('while the subgraph hangs, those that wait for a connection wait no longer than those that have one', async () => {
  await using fake = await subgraph(() => undefined, 1_000);
  const asking = Array.from({ length: many }, () => fake.source.execute(query, scope()));
  // Timers of one process fire in their order, however late. The second turn on a connection would be over after it.
  let twice = false;
  const timer = setTimeout(() => {
    twice = true;
  }, 1_900);
  const first = Promise.allSettled(asking.slice(0, connections));
  const waited = await Promise.allSettled(asking.slice(connections));
  expect(twice).toBe(false);
  clearTimeout(timer);
  const answers = [...(await first), ...waited];
  expect(answers.map((answer) => answer.status === 'rejected' && answer.reason.extensions.code)).toEqual(
    Array.from({ length: many }, () => 'TIMEOUT'),
  );
});

test('while the subgraph works for others, one waits for a connection, and is answered', async () => {
  const working: ServerResponse[] = [];
  await using fake = await subgraph((_, __, response) => {
    if (finished) ok(response);
    else working.push(response);
  }, 3_000);
  let finished = false;
  const signsOfLife = setInterval(() => {
    for (const response of working) response.write(' ');
  }, 100);
  const asking = Promise.all(Array.from({ length: many }, () => fake.source.execute(query, scope())));
  await sleep(4_500);
  clearInterval(signsOfLife);
  expect(working).toHaveLength(connections);
  finished = true;
  for (const response of working) ok(response);
  expect(await asking).toEqual(Array.from({ length: many }, () => ({ data: { a: 1 } })));
});
