import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { httpSource } from '../../gateway/sources/http.js';
import { sharedAbortController } from '../../subgraphs/shared/abortable.js';
import { callerContextHeader, signCallerContext } from '../../subgraphs/shared/caller-context.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { windowEvents } from '../../subgraphs/shared/stream-window.js';
import { requestBody } from '../../subgraphs/shared/subgraph-execution.js';
import { type SubgraphServer, serveSubgraph } from '../../subgraphs/shared/subgraph-server.js';
import { connectionBody } from '../../subgraphs/shared/subgraph-socket.js';
import { SubgraphStreams, UpstreamLostError } from '../../subgraphs/shared/subgraph-streams.js';
import { RoundRobin } from '../kit/round-robin.js';
import { callerKey, expectSoon, receive, startTinyGateway } from './tiny-gateway.js';
import { deployment, TinySubgraphs } from './tiny-subgraphs.js';

const logger = createLogger({ level: 'silent' });
const caller = { userId: null, requestId: 'r', address: null };
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(subgraphs: TinySubgraphs): Promise<SubgraphServer> {
  const server = await serveSubgraph(subgraphs.get('deployments'), {
    host: '127.0.0.1',
    port: 0,
    key: callerKey,
    logger,
  });
  cleanUps.push(() => server.dispose());
  return server;
}

function connect(
  url: string,
  options: { sockets?: number; pingMilliseconds?: number; idleMilliseconds?: number } = {},
) {
  const streams = new SubgraphStreams({ name: 'deployments', url, key: callerKey, ...options });
  cleanUps.push(() => streams.dispose());
  const controller = sharedAbortController();
  return {
    controller,
    open: (query: string) => streams.subscribe({ query }, { caller, signal: controller.signal }),
  };
}

test('a reader that takes nothing holds its source back, and no other stream on the same socket', async () => {
  const subgraphs = new TinySubgraphs();
  const { open } = connect((await serve(subgraphs)).url, { sockets: 1 });
  const slow = await open('subscription { flood { cursor } }');
  const quick = await open('subscription { ticks { count } }');
  const first = await slow.next();
  await expectSoon(() => subgraphs.flooded).toBeGreaterThanOrEqual(windowEvents);
  const ticks = subgraphs.streams[0];
  for (let count = 0; count < 200; count++) {
    ticks?.push({ count });
    expect(await quick.next()).toMatchObject({ value: { data: { ticks: { count } } } });
  }
  // The window, and what was made ready for when it opens.
  expect(subgraphs.flooded).toBeLessThanOrEqual(windowEvents + 2);

  const read = [first.value];
  for (let n = 0; n < 100; n++) read.push((await slow.next()).value);
  expect(read.map(({ data }) => data.flood.cursor)).toEqual(read.map((_, n) => String(n + 1)));
  await slow.return?.();
  await quick.return?.();
  await expectSoon(() => subgraphs.streams).toEqual([]);
});

test('a reader that leaves while its source is held back leaves nothing behind', async () => {
  const subgraphs = new TinySubgraphs();
  const { open } = connect((await serve(subgraphs)).url, { sockets: 1 });
  const stream = await open('subscription { ticks { count } }');
  await expectSoon(() => subgraphs.streams.length).toBe(1);
  for (let count = 0; count < windowEvents * 2; count++) subgraphs.streams[0]?.push({ count });
  await stream.next();
  await stream.return?.();
  await expectSoon(() => subgraphs.streams).toEqual([]);
});

/** A peer with no library between it and the socket, which knows of no windows. */
async function bare({ url }: SubgraphServer) {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  cleanUps.push(() => socket.terminate());
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const sign = (body: string) => ({
    [callerContextHeader]: signCallerContext(caller, { key: callerKey, audience: 'deployments', body }),
  });
  const send = (message: object): void => socket.send(JSON.stringify(message));
  await once(socket, 'open');
  send({ type: 'connection_init', payload: sign(connectionBody) });
  expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual({ type: 'connection_ack' });
  const subscribe = (id: string, query: string): void =>
    send({ id, type: 'subscribe', payload: { query, extensions: sign(requestBody({ query })) } });
  return { socket, closed, send, subscribe };
}

test('a peer without a window is sent no more than its socket takes, and gets on when it reads', async () => {
  const subgraphs = new TinySubgraphs();
  const { socket, subscribe } = await bare(await serve(subgraphs));
  socket.pause();
  subscribe('1', 'subscription { flood { cursor line } }');
  let before = 0;
  await expectSoon(
    () => {
      const still = before > 0 && before === subgraphs.flooded;
      before = subgraphs.flooded;
      return still;
    },
    { interval: 200 },
  ).toBe(true);
  expect(subgraphs.flooded).toBeLessThan(64);
  socket.resume();
  const target = before + 20;
  await expectSoon(() => subgraphs.flooded).toBeGreaterThan(target);
});

test('a peer is held to the protocol and to its limits as a client of the gateway is', async () => {
  const server = await serve(new TinySubgraphs());
  const ticks = 'subscription { ticks { count } }';
  const confused = await bare(server);
  confused.send({ type: 'subscribe' });
  expect(await confused.closed).toBe(4400);
  const twice = await bare(server);
  twice.subscribe('same', ticks);
  twice.subscribe('same', ticks);
  expect(await twice.closed).toBe(4409);
  const large = await bare(server);
  large.subscribe('1', `${ticks} #${'x'.repeat(1_024 * 1_024)}`);
  expect(await large.closed).toBe(1009);
  const never = await bare(server);
  for (let n = 0; n < 300; n++) never.socket.send('x', { fin: false });
  expect(await never.closed).toBe(1008);
});

test('a stream that comes while an idle socket is being closed gets another', async () => {
  const subgraphs = new TinySubgraphs();
  const { open } = connect((await serve(subgraphs)).url, { sockets: 1, idleMilliseconds: 1 });
  for (let count = 0; count < 100; count++) {
    const stream = await open('subscription { ticks { count } }');
    const next = stream.next();
    await expectSoon(() => subgraphs.streams.length, { interval: 1 }).toBe(1);
    subgraphs.streams[0]?.push({ count });
    expect(await next).toMatchObject({ value: { data: { ticks: { count } } } });
    await stream.return?.();
    await expectSoon(() => subgraphs.streams.length, { interval: 1 }).toBe(0);
    // Somewhere between the decision to close the socket and its end.
    await new Promise((resolve) => setTimeout(resolve, count % 4));
  }
});

test('a thousand subscriptions at once are no flood', async () => {
  const subgraphs = new TinySubgraphs();
  const { open, controller } = connect((await serve(subgraphs)).url, { sockets: 1 });
  const streams = await Promise.all(
    Array.from({ length: 1_000 }, () => open('subscription { ticks { count } }')),
  );
  const ended = Promise.all(streams.map((stream) => stream.next()));
  await expectSoon(() => subgraphs.streams.length).toBe(1_000);
  controller.abort(new Error('enough'));
  expect((await ended).every(({ done }) => done)).toBe(true);
  await expectSoon(() => subgraphs.streams).toEqual([]);
});

test('a peer that is gone without a word is noticed by its silence', async () => {
  const subgraphs = new TinySubgraphs();
  await using proxy = await RoundRobin.start([(await serve(subgraphs)).url]);
  const { open } = connect(proxy.url, { pingMilliseconds: 200 });
  const stream = await open('subscription { ticks { count } }');
  await expectSoon(() => subgraphs.streams.length).toBe(1);
  const next = stream.next();
  next.catch(() => undefined);
  proxy.cutOff();
  await expect(next).rejects.toThrow(UpstreamLostError);
});

test('a peer that answers pings is not given up, however quiet its stream', async () => {
  const subgraphs = new TinySubgraphs();
  await using proxy = await RoundRobin.start([(await serve(subgraphs)).url]);
  const { open } = connect(proxy.url, { sockets: 1, pingMilliseconds: 1_000 });
  const stream = await open('subscription { ticks { count } }');
  await expectSoon(() => subgraphs.streams.length).toBe(1);
  const sent = proxy.bytesToTargets;
  const next = stream.next();
  // Two pings, and the one in between was answered in time.
  await expectSoon(() => proxy.bytesToTargets - sent).toBeGreaterThan(2 * '{"type":"ping"}'.length);
  subgraphs.streams[0]?.push({ count: 1 });
  expect(await next).toMatchObject({ value: { data: { ticks: { count: 1 } } } });
});

test.each([1000, 1001, 1012])(
  'a socket closed with %i is lost, and nothing is subscribed anew',
  async (code) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    cleanUps.push(() => server.close());
    await once(server, 'listening');
    let subscribed = 0;
    server.on('connection', (socket) =>
      socket.on('message', (data) => {
        const { type } = JSON.parse(String(data));
        if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
        if (type !== 'subscribe') return;
        subscribed += 1;
        socket.close(code);
      }),
    );
    const { open } = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`);
    const stream = await open('subscription { ticks { count } }');
    await expect(stream.next()).rejects.toThrow(UpstreamLostError);
    // Another one makes sure that nothing of the first was under way.
    await expect((await open('subscription { ticks { count } }')).next()).rejects.toThrow(UpstreamLostError);
    expect(subscribed).toBe(2);
  },
);

test('streams spread over replicas behind one URL, and those of a lost replica go on at another', async () => {
  const replicas = [new TinySubgraphs(), new TinySubgraphs()];
  const servers = await Promise.all(replicas.map(serve));
  await using proxy = await RoundRobin.start(servers.map(({ url }) => url));
  const source = httpSource({ name: 'deployments', url: proxy.url, key: callerKey });
  await using tiny = await startTinyGateway({ sources: [source] });
  const client = tiny.socket();
  const query =
    'subscription ($id: ID!) { rollout(deploymentId: $id) { ... on RolloutProgressed { percent } } }';
  const received = ['d0', 'd1', 'd2', 'd3'].map((id) => receive(client, query, { id }));
  await expectSoon(() => replicas.map(({ streams }) => streams.length)).toEqual([2, 2]);
  const event = (percent: number) => ({ cursor: `c${percent}`, percent, deployment: deployment('d') });
  for (const { streams } of replicas) for (const { push } of streams) push(event(1));
  await expectSoon(() => received.map(({ results }) => results.length)).toEqual([1, 1, 1, 1]);

  const lost = replicas[0]?.streams.map(({ args }) => args['deploymentId']);
  await servers[0]?.dispose();
  await expectSoon(() => replicas[1]?.streams.length).toBe(4);
  const resumed = replicas[1]?.streams.filter(({ args }) => args['after'] === 'c1');
  expect(resumed?.map(({ args }) => args['deploymentId']).sort()).toEqual(lost?.sort());
  for (const { push } of replicas[1]?.streams ?? []) push(event(2));
  await expectSoon(() => received.map(({ results }) => results)).toEqual(
    received.map(() => [1, 2].map((percent) => ({ data: { rollout: { percent } } }))),
  );
});
