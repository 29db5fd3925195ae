import { describe, expect, test } from 'vitest';
import {
  opened,
  percents,
  progressed,
  rollout,
  startSharing,
  TestPermissions,
  withCluster,
} from './shared-rollout.js';
import { expectSoon, receive, startTinyGateway, tokenFor } from './tiny-gateway.js';

describe('subscriptions that ask for the same', () => {
  test('share one stream and the entities of each event, whatever their operation is called', async () => {
    await using tiny = await startTinyGateway();
    const viewers = [tiny.socket(), tiny.socket()].flatMap((socket) => [
      receive(socket, rollout, { id: 'd1' }),
      receive(socket, rollout, { id: 'd1' }),
      receive(socket, withCluster, { id: 'd1' }),
    ]);
    const [stream] = await opened(tiny, 1);
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 6, upstreams: 1 });
    stream?.push(progressed(1));
    stream?.push(progressed(2));
    await expectSoon(() => viewers.map(percents)).toEqual(viewers.map(() => [1, 2]));
    expect(tiny.subgraphs.calls.filter((call) => call.startsWith('cluster of'))).toHaveLength(2);
    expect(viewers[2]?.results[0]).toEqual({
      data: { rollout: { percent: 1, deployment: { project: { cluster: { name: 'cluster of p-of-d1' } } } } },
    });
  });

  test('keep the stream until the last of them has left, and no longer', async () => {
    await using tiny = await startTinyGateway();
    const first = receive(tiny.socket(), rollout, { id: 'd1' });
    const second = receive(tiny.socket(), rollout, { id: 'd1' });
    const third = tiny.socket();
    receive(third, withCluster, { id: 'd1' });
    const [stream] = await opened(tiny, 1);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(3);
    first.leave();
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2);
    stream?.push(progressed(1));
    await expectSoon(() => percents(second)).toEqual([1]);
    second.leave();
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(1);
    expect(tiny.subgraphs.streams).toHaveLength(1);
    third.terminate();
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
    expect(tiny.gateway.subscriptions).toEqual({ subscriptions: 0, upstreams: 0 });
    expect(first.results).toEqual([]);
  });

  test('do not share with other variables, another user or a literal that differs', async () => {
    await using tiny = await startTinyGateway();
    const [ada, grace] = await Promise.all(['user_ada', 'user_grace'].map((userId) => tokenFor({ userId })));
    for (const [token, id] of [
      [ada, 'd1'],
      [ada, 'd2'],
      [grace, 'd1'],
      [undefined, 'd1'],
    ] as const) {
      receive(tiny.socket(token), rollout, { id });
    }
    const streams = await opened(tiny, 4);
    expect(new Set(streams.map(({ userId, args }) => `${userId} ${String(args['deploymentId'])}`))).toEqual(
      new Set(['user_ada d1', 'user_ada d2', 'user_grace d1', 'null d1']),
    );
  });

  test('share when one gives the default of a variable and the other leaves it out', async () => {
    await using tiny = await startTinyGateway();
    const query = 'subscription ($name: String = "x") { ticks(name: $name) { count } }';
    const viewers = [receive(tiny.socket(), query), receive(tiny.socket(), query, { name: 'x' })];
    const [stream] = await opened(tiny, 1);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2);
    stream?.push({ count: 1 });
    await expectSoon(() => viewers.map(({ results }) => results.length)).toEqual([1, 1]);
    expect(tiny.subgraphs.streams).toHaveLength(1);
  });
});

describe('one who comes later', () => {
  test('starts with a stream of its own, and joins the others at the cursor where they are', async () => {
    await using tiny = await startTinyGateway();
    const early = receive(tiny.socket(), rollout, { id: 'd1' });
    const [stream] = await opened(tiny, 1);
    stream?.push(progressed(1));
    stream?.push(progressed(2));
    await expectSoon(() => percents(early)).toEqual([1, 2]);
    const late = receive(tiny.socket(), rollout, { id: 'd1' });
    const [, own] = await opened(tiny, 2);
    own?.push(progressed(2));
    await opened(tiny, 1);
    expect(tiny.subgraphs.streams[0]).toBe(stream);
    stream?.push(progressed(3));
    await expectSoon(() => [percents(early), percents(late)]).toEqual([
      [1, 2, 3],
      [2, 3],
    ]);
  });

  test('joins at once when it comes back with the cursor where the others are', async () => {
    await using tiny = await startTinyGateway();
    const stayed = receive(tiny.socket(), rollout, { id: 'd1' });
    const [stream] = await opened(tiny, 1);
    stream?.push(progressed(1));
    await expectSoon(() => percents(stayed)).toEqual([1]);
    const back = receive(tiny.socket(), rollout, { id: 'd1', after: 'c1' });
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
    stream?.push(progressed(2));
    await expectSoon(() => [percents(stayed), percents(back)]).toEqual([[1, 2], [2]]);
  });

  test('never joins a stream without cursors that has begun', async () => {
    await using tiny = await startTinyGateway();
    const early = receive(tiny.socket(), 'subscription { ticks { count } }');
    const [stream] = await opened(tiny, 1);
    stream?.push({ count: 1 });
    await expectSoon(() => early.results).toHaveLength(1);
    const late = receive(tiny.socket(), 'subscription { ticks { count } }');
    const [, own] = await opened(tiny, 2);
    own?.push({ count: 7 });
    await expectSoon(() => late.results).toEqual([{ data: { ticks: { count: 7 } } }]);
    expect(early.results).toHaveLength(1);
  });

  test('joins a stream of hints at any time', async () => {
    await using tiny = await startSharing(new TestPermissions(), { hint: true });
    const early = receive(tiny.socket(), 'subscription { ticks { count } }');
    const [stream] = await opened(tiny, 1);
    stream?.push({ count: 1 });
    await expectSoon(() => early.results).toHaveLength(1);
    const late = receive(tiny.socket(), 'subscription { ticks { count } }');
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
    stream?.push({ count: 2 });
    await expectSoon(() => late.results).toEqual([{ data: { ticks: { count: 2 } } }]);
  });
});
