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
import { expectSoon, receive, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';

type Line = Readonly<Record<string, unknown>>;
const lines = ({ log }: TinyGateway): Line[] => log.map((text) => JSON.parse(text) as Line);
const errors = (tiny: TinyGateway): Line[] => lines(tiny).filter(({ level }) => level === 'error');
const requestIds = (tiny: TinyGateway, message: string): unknown[] =>
  lines(tiny).flatMap(({ msg, requestId }) => (msg === message ? [requestId] : []));

describe('what nobody waits for any more is no error in the log', () => {
  test('when a stream is taken up anew while an event is being completed', async () => {
    const permissions = new TestPermissions();
    await using tiny = await startSharing(permissions);
    tiny.subgraphs.clusterGate = new Promise(() => undefined);
    const ada = receive(tiny.socket(await tokenFor()), withCluster, { id: 'd1' });
    const [stream] = await opened(tiny, 1);
    stream?.push(progressed(1));
    await expectSoon(() => tiny.subgraphs.calls).toEqual(['cluster of p-of-d1']);
    permissions.set('user_ada', 'more than before');
    permissions.tell('user_ada');
    await expectSoon(() => tiny.subgraphs.opened('rollout')).toHaveLength(2);
    tiny.subgraphs.clusterGate = Promise.resolve();
    (await opened(tiny, 1))[0]?.push(progressed(1));
    await expectSoon(() => percents(ada)).toEqual([1]);
    expect(errors(tiny)).toEqual([]);
  });

  test('when the last viewer leaves while an event is being completed', async () => {
    await using tiny = await startTinyGateway();
    tiny.subgraphs.clusterGate = new Promise(() => undefined);
    const viewer = receive(tiny.socket(), withCluster, { id: 'd1' });
    (await opened(tiny, 1))[0]?.push(progressed(1));
    await expectSoon(() => tiny.subgraphs.calls).toEqual(['cluster of p-of-d1']);
    viewer.leave();
    await opened(tiny, 0);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(0);
    expect(errors(tiny)).toEqual([]);
  });

  test.each(['the short way', 'through Apollo Server'])(
    'when a client leaves its query, %s',
    async (path) => {
      await using tiny = await startTinyGateway({ alwaysApolloServer: path !== 'the short way' });
      const leaving = new AbortController();
      const answer = tiny.post('{ hang }', { signal: leaving.signal });
      await expectSoon(() => tiny.subgraphs.calls).toEqual(['hang']);
      leaving.abort();
      await expect(answer).rejects.toThrow();
      await expectSoon(() => requestIds(tiny, 'operation')).toHaveLength(1);
      expect(lines(tiny).find(({ msg }) => msg === 'operation')).toMatchObject({ errors: ['CLIENT_LEFT'] });
      expect(errors(tiny)).toEqual([]);
    },
  );
});

describe('a stream that may be shared', () => {
  test('asks subgraphs under an ID of its own, and the log names it with that of each request that it serves', async () => {
    await using tiny = await startSharing(new TestPermissions());
    const viewers = await Promise.all(
      ['user_ada', 'user_grace'].map(async (userId) =>
        receive(tiny.socket(await tokenFor({ userId })), rollout, { id: 'd1' }),
      ),
    );
    const [stream] = await opened(tiny, 1);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2);
    const requests = requestIds(tiny, 'operation');
    expect(new Set(requests).size).toBe(2);
    await expectSoon(() => requestIds(tiny, 'subscription reads a stream')).toHaveLength(2);
    const joined = lines(tiny).filter(({ msg }) => msg === 'subscription reads a stream');
    expect(joined.map(({ requestId }) => requestId).sort()).toEqual([...requests].sort());
    const [line] = lines(tiny).filter(({ msg }) => msg === 'stream opened');
    expect(line).toMatchObject({ subgraph: 'deployments', field: 'rollout', requestId: stream?.requestId });
    expect(joined.map(({ streamRequestId }) => streamRequestId)).toEqual([
      stream?.requestId,
      stream?.requestId,
    ]);
    expect(requests).not.toContain(stream?.requestId);

    // What goes wrong in it is found by the ID that both are told.
    stream?.fail(new Error('the inside of deployments'));
    await expectSoon(() => viewers.map(({ ended }) => ended)).toEqual([
      {
        error: [expect.objectContaining({ extensions: { code: 'INTERNAL', requestId: stream?.requestId } })],
      },
      {
        error: [expect.objectContaining({ extensions: { code: 'INTERNAL', requestId: stream?.requestId } })],
      },
    ]);
    expect(errors(tiny)).toMatchObject([{ requestId: stream?.requestId }]);
  });

  test('keeps the ID of the request when it is shared by nobody: the audit log names it', async () => {
    await using tiny = await startSharing(new TestPermissions(), { sharedBy: 'nobody' });
    receive(tiny.socket(await tokenFor()), rollout, { id: 'd1' });
    const [stream] = await opened(tiny, 1);
    expect(requestIds(tiny, 'operation')).toEqual([stream?.requestId]);
    expect(requestIds(tiny, 'stream opened')).toEqual([]);
  });
});
