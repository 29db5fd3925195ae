import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ForbiddenError } from '../../subgraphs/shared/errors.js';
import { movableClock } from './movable-clock.js';
import { expectSoon, modes, receive, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';
import { deployment, type OpenStream } from './tiny-subgraphs.js';

const rollout = `subscription ($id: ID!, $after: String) {
  rollout(deploymentId: $id, after: $after) {
    ... on RolloutProgressed { percent deployment { number project { name cluster { name } } } }
    ... on RolloutCompleted { phase deployment { id } }
  }
}`;

const progressed = (percent: number) => ({
  cursor: `c${percent}`,
  percent,
  deployment: deployment('d1'),
});

async function opened(tiny: TinyGateway, count = 1): Promise<OpenStream> {
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(count);
  const stream = tiny.subgraphs.streams.at(-1);
  if (!stream) throw new Error('nothing is open');
  return stream;
}

describe.each(modes)('a subscription with its subgraphs %s', (mode) => {
  test('delivers events in order with entities of other subgraphs, fresh for each, and completes', async () => {
    await using tiny = await startTinyGateway({ mode });
    const received = receive(tiny.socket(), rollout, { id: 'd1' });
    const stream = await opened(tiny);
    for (let percent = 0; percent < 50; percent++) stream.push(progressed(percent));
    stream.push({ cursor: 'end', phase: 'SUCCEEDED', deployment: deployment('d1') });
    stream.end();
    await expectSoon(() => received.ended).toBe('complete');
    const project = { name: 'project p-of-d1', cluster: { name: 'cluster of p-of-d1' } };
    expect(received.results).toEqual([
      ...Array.from({ length: 50 }, (_, percent) => ({
        data: { rollout: { percent, deployment: { number: 7, project } } },
      })),
      { data: { rollout: { phase: 'SUCCEEDED', deployment: { id: 'd1' } } } },
    ]);
    // Nothing is remembered from one event to the next.
    expect(tiny.subgraphs.calls.filter((call) => call === 'cluster of p-of-d1')).toHaveLength(50);
  });

  test('keeps the order when the entities of an early event come late', async () => {
    await using tiny = await startTinyGateway({ mode });
    let open = (): void => undefined;
    tiny.subgraphs.clusterGate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const received = receive(tiny.socket(), rollout, { id: 'd1' });
    const stream = await opened(tiny);
    stream.push(progressed(1));
    await expectSoon(() => tiny.subgraphs.calls).toHaveLength(1);
    tiny.subgraphs.clusterGate = Promise.resolve();
    stream.push(progressed(2));
    await expectSoon(() => tiny.subgraphs.calls).toHaveLength(2);
    expect(received.results).toEqual([]);
    open();
    await expectSoon(() => received.results).toHaveLength(2);
    expect(
      received.results.map(({ data }) => (data as { rollout: { percent: number } }).rollout.percent),
    ).toEqual([1, 2]);
  });

  test('closes the source at once when the client unsubscribes, and when its socket dies', async () => {
    await using tiny = await startTinyGateway({ mode });
    const client = tiny.socket();
    const first = receive(client, rollout, { id: 'd1' });
    const second = receive(client, rollout, { id: 'd2' });
    await opened(tiny, 2);
    first.leave();
    await expectSoon(() => tiny.subgraphs.streams.map(({ args }) => args['deploymentId'])).toEqual(['d2']);
    client.terminate();
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
    expect(second.ended).not.toBe('complete');
  });

  test('ends with FORBIDDEN when the source does, while others on the socket go on', async () => {
    await using tiny = await startTinyGateway({ mode });
    const client = tiny.socket(await tokenFor());
    const revoked = receive(client, rollout, { id: 'd1' });
    const stream = await opened(tiny);
    const other = receive(client, rollout, { id: 'd2' });
    const otherStream = await opened(tiny, 2);
    stream.push(progressed(1));
    await expectSoon(() => revoked.results).toHaveLength(1);
    stream.fail(new ForbiddenError('deployments.read'));
    await expectSoon(() => revoked.ended).toEqual({
      error: [
        expect.objectContaining({
          extensions: { code: 'FORBIDDEN', permission: 'deployments.read', requestId: expect.any(String) },
        }),
      ],
    });
    otherStream.push(progressed(9));
    await expectSoon(() => other.results).toHaveLength(1);
    expect(other.ended).toBe('open');
  });

  test('masks a fault of the source, and says that the stream ended', async () => {
    await using tiny = await startTinyGateway({ mode });
    const received = receive(tiny.socket(), 'subscription { ticks { count } }');
    const stream = await opened(tiny);
    stream.fail(new Error('watch of https://10.0.0.1:6443 broke'));
    await expectSoon(() => received.ended).toMatchObject({ error: [{ extensions: { code: 'INTERNAL' } }] });
    expect(JSON.stringify(received.ended)).not.toContain('10.0.0.1');
  });

  test('refuses what the source refuses to open', async () => {
    await using tiny = await startTinyGateway({ mode });
    const received = receive(tiny.socket(), rollout, { id: 'absent' });
    await expectSoon(() => received.ended).toMatchObject({ error: [{ extensions: { code: 'NOT_FOUND' } }] });
    expect(received.results).toEqual([]);
  });

  test('ends with UNAUTHENTICATED when the token expires, though nobody sends anything', async () => {
    const clock = movableClock();
    await using tiny = await startTinyGateway({ mode, dependencies: { clock } });
    const client = tiny.socket(await tokenFor());
    const closed = new Promise<{ code: number }>((resolve) => {
      client.on('closed', (event) => resolve(event as { code: number }));
    });
    const received = receive(client, rollout, { id: 'd1' });
    await opened(tiny);
    clock.pass(3_600_000);
    await expectSoon(() => received.ended).toMatchObject({
      error: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
    await closed;
  });

  test('passes the permission of the caller on to the source', async () => {
    await using tiny = await startTinyGateway({ mode });
    receive(tiny.socket(await tokenFor({ userId: 'user_grace' })), rollout, { id: 'd1' });
    expect((await opened(tiny)).userId).toBe('user_grace');
  });

  test('is answered one event at a time to a client that stops reading, and memory stays flat', async () => {
    await using tiny = await startTinyGateway({ mode });
    const socket = new WebSocket(tiny.gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    await new Promise((resolve) => socket.once('message', resolve));
    const query = 'subscription { flood { line } }';
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    await new Promise((resolve) => socket.once('message', resolve));
    socket.pause();
    // Until nothing moves any more: the buffers in between are full.
    let before = -1;
    await expectSoon(
      () => {
        const still = before === tiny.subgraphs.flooded;
        before = tiny.subgraphs.flooded;
        return still;
      },
      { interval: 500 },
    ).toBe(true);
    expect(tiny.subgraphs.flooded).toBeLessThan(64);
    socket.terminate();
  });

  test('reports a failing entity at its place, and goes on', async () => {
    await using tiny = await startTinyGateway({ mode });
    const received = receive(
      tiny.socket(),
      'subscription { ticks { count project { name clusterSecret } } }',
    );
    const stream = await opened(tiny);
    stream.push({ count: 1, project: { id: 'p1', __typename: 'Project' } });
    stream.push({ count: 2, project: null });
    await expectSoon(() => received.results).toHaveLength(2);
    expect(received.results).toEqual([
      {
        data: { ticks: { count: 1, project: { name: 'project p1', clusterSecret: null } } },
        errors: [
          expect.objectContaining({
            path: ['ticks', 'project', 'clusterSecret'],
            extensions: { code: 'INTERNAL', requestId: expect.any(String) },
          }),
        ],
      },
      { data: { ticks: { count: 2, project: null } } },
    ]);
  });
});

test('refuses the 101st subscription of a user, and takes one again when another ends', async () => {
  await using tiny = await startTinyGateway();
  const client = tiny.socket(await tokenFor());
  const all = Array.from({ length: 100 }, (_, n) => receive(client, rollout, { id: `d${n}` }));
  await opened(tiny, 100);
  const refused = receive(client, rollout, { id: 'one too many' });
  await expectSoon(() => refused.ended).toMatchObject({ error: [{ extensions: { code: 'RATE_LIMITED' } }] });
  const another = receive(tiny.socket(await tokenFor({ userId: 'user_grace' })), rollout, { id: 'other' });
  await opened(tiny, 101);
  expect(another.ended).toBe('open');
  all[0]?.leave();
  await opened(tiny, 100);
  receive(client, rollout, { id: 'again' });
  await opened(tiny, 101);
});

test('reads no faster from the source than the client takes', async () => {
  await using tiny = await startTinyGateway();
  let open = (): void => undefined;
  tiny.subgraphs.clusterGate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const received = receive(tiny.socket(), rollout, { id: 'd1' });
  const stream = await opened(tiny);
  for (let percent = 0; percent < 100; percent++) stream.push(progressed(percent));
  await expectSoon(() => tiny.subgraphs.calls.length).toBe(8);
  // The rest waits with its owner, who knows what may be dropped.
  await new Promise((resolve) => setImmediate(resolve));
  expect(tiny.subgraphs.calls).toHaveLength(8);
  open();
  await expectSoon(() => received.results).toHaveLength(100);
});
