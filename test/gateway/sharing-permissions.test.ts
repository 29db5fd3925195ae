import { describe, expect, test } from 'vitest';
import { ForbiddenError, NotFoundError } from '../../subgraphs/shared/errors.js';
import { movableClock } from './movable-clock.js';
import { opened, percents, progressed, rollout, startSharing, TestPermissions } from './shared-rollout.js';
import { expectSoon, type Received, receive, type TinyGateway, tokenFor } from './tiny-gateway.js';

/** Two users with the same permissions who watch the same, and have had its first event. */
async function adaAndGrace(tiny: TinyGateway): Promise<{ ada: Received; grace: Received }> {
  const ada = receive(tiny.socket(await tokenFor({ userId: 'user_ada' })), rollout, { id: 'd1' });
  await opened(tiny, 1);
  const grace = receive(tiny.socket(await tokenFor({ userId: 'user_grace' })), rollout, { id: 'd1' });
  await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
  tiny.subgraphs.streams[0]?.push(progressed(1));
  await expectSoon(() => [percents(ada), percents(grace)]).toEqual([[1], [1]]);
  return { ada, grace };
}

/** How often a viewer has come to a stream, or moved to another. */
const joined = ({ log }: TinyGateway): number =>
  log.filter((line) => line.includes('"subscription reads a stream"')).length;

describe('users with the same permissions', () => {
  test('share a stream; when the one in whose name it is open is refused, the others go on in their own', async () => {
    await using tiny = await startSharing(
      new TestPermissions({
        user_ada: 'developer of p1',
        user_grace: 'developer of p1',
        user_eve: 'viewer of p1',
      }),
    );
    const tokens = await Promise.all(
      ['user_ada', 'user_grace', 'user_eve'].map((userId) => tokenFor({ userId })),
    );
    const ada = receive(tiny.socket(tokens[0]), rollout, { id: 'd1' });
    await opened(tiny, 1);
    const grace = receive(tiny.socket(tokens[1]), rollout, { id: 'd1' });
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
    const eve = receive(tiny.socket(tokens[2]), rollout, { id: 'd1' });
    const [stream, ofEve] = await opened(tiny, 2);
    expect([stream?.userId, ofEve?.userId]).toEqual(['user_ada', 'user_eve']);
    stream?.push(progressed(1));
    await expectSoon(() => [percents(ada), percents(grace)]).toEqual([[1], [1]]);

    stream?.fail(new ForbiddenError('deployments.read'));
    await expectSoon(() => ada.ended).toMatchObject({ error: [{ extensions: { code: 'FORBIDDEN' } }] });
    await expectSoon(() => tiny.subgraphs.streams.map(({ userId }) => userId)).toEqual([
      'user_eve',
      'user_grace',
    ]);
    const ofGrace = tiny.subgraphs.streams[1];
    expect(ofGrace?.args['after']).toBe('c1');
    ofGrace?.push(progressed(2));
    await expectSoon(() => percents(grace)).toEqual([1, 2]);
    expect([grace.ended, eve.ended]).toEqual(['open', 'open']);
  });

  test('share no longer when the permissions of one change, and no event is lost or comes twice', async () => {
    const permissions = new TestPermissions({ user_ada: 'developer', user_grace: 'developer' });
    await using tiny = await startSharing(permissions);
    const ada = receive(tiny.socket(await tokenFor({ userId: 'user_ada' })), rollout, { id: 'd1' });
    await opened(tiny, 1);
    const grace = receive(tiny.socket(await tokenFor({ userId: 'user_grace' })), rollout, { id: 'd1' });
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
    tiny.subgraphs.streams[0]?.push(progressed(1));
    await expectSoon(() => [percents(ada), percents(grace)]).toEqual([[1], [1]]);
    permissions.set('user_grace', 'nothing');
    const [, ofGrace] = await opened(tiny, 2);
    expect([ofGrace?.userId, ofGrace?.args['after']]).toEqual(['user_grace', 'c1']);
    ofGrace?.fail(new ForbiddenError('deployments.read'));
    await expectSoon(() => grace.ended).toMatchObject({ error: [{ extensions: { code: 'FORBIDDEN' } }] });
    tiny.subgraphs.streams[0]?.push(progressed(2));
    await expectSoon(() => percents(ada)).toEqual([1, 2]);
    expect(percents(grace)).toEqual([1]);
  });

  test('end each with its own token', async () => {
    const clock = movableClock();
    await using tiny = await startSharing(new TestPermissions(), {}, { clock });
    const brief = receive(tiny.socket(await tokenFor({ userId: 'user_ada' })), rollout, { id: 'd1' });
    await opened(tiny, 1);
    const lasting = await tokenFor({ userId: 'user_grace', expiresInSeconds: 7_200 });
    const long = receive(tiny.socket(lasting), rollout, { id: 'd1' });
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2);
    tiny.subgraphs.streams[0]?.push(progressed(1));
    await expectSoon(() => [percents(brief), percents(long)]).toEqual([[1], [1]]);
    clock.pass(3_600_000);
    await expectSoon(() => brief.ended).toMatchObject({
      error: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    tiny.subgraphs.streams[0]?.push(progressed(2));
    await expectSoon(() => percents(long)).toEqual([1, 2]);
    expect(percents(brief)).toEqual([1]);
  });

  test('do not share what nobody may share', async () => {
    await using tiny = await startSharing(new TestPermissions(), { sharedBy: 'nobody' });
    const client = tiny.socket(await tokenFor());
    receive(client, rollout, { id: 'd1' });
    receive(client, rollout, { id: 'd1' });
    await opened(tiny, 2);
  });

  test('part at once when it is told that those of one have changed', async () => {
    const permissions = new TestPermissions();
    await using tiny = await startSharing(permissions);
    const { ada, grace } = await adaAndGrace(tiny);
    permissions.set('user_grace', 'nothing');
    permissions.tell('user_grace');
    // Long before it would be asked again.
    const [, ofGrace] = await opened(tiny, 2);
    // Opened anew it is hidden; who has seen it is told that the right is gone, as by the stream of its own.
    ofGrace?.fail(new NotFoundError('Deployment', 'd1'));
    await expectSoon(() => grace.ended).toMatchObject({ error: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(ada.ended).toBe('open');
  });

  test('go on together, each stream at a moment of its own, when a role that they all have is edited', async () => {
    const permissions = new TestPermissions({ user_ada: 'developer', user_grace: 'developer' });
    const delays: number[] = [];
    const random = (): number => {
      delays.push(delays.length / 10);
      return delays.length / 10;
    };
    await using tiny = await startSharing(permissions, {}, { random });
    const sockets = await Promise.all(
      ['user_ada', 'user_grace'].map(async (userId) => tiny.socket(await tokenFor({ userId }))),
    );
    const viewers = ['d1', 'd2'].flatMap((id) => sockets.map((socket) => receive(socket, rollout, { id })));
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 4, upstreams: 2 });
    const before = [...(await opened(tiny, 2))];
    for (const stream of before) stream.push(progressed(1));
    await expectSoon(() => viewers.map(percents)).toEqual([[1], [1], [1], [1]]);
    for (const userId of ['user_ada', 'user_grace']) permissions.set(userId, 'developer, and more');
    permissions.tell(null);
    await expectSoon(() => joined(tiny)).toBe(8);
    expect(tiny.subgraphs.streams.filter((stream) => before.includes(stream))).toEqual([]);
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 4, upstreams: 2 });
    for (const stream of tiny.subgraphs.streams) stream.push(progressed(2));
    await expectSoon(() => viewers.map(percents)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(delays).toHaveLength(2);
  });

  test('are told what they were never shown that it does not exist', async () => {
    await using tiny = await startSharing(new TestPermissions());
    const ada = receive(tiny.socket(await tokenFor()), rollout, { id: 'absent' });
    await expectSoon(() => ada.ended).toMatchObject({ error: [{ extensions: { code: 'NOT_FOUND' } }] });
  });
});

describe('while nobody can tell what users may do', () => {
  test.each([
    ['fails', () => false],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])(
    'because the source %s, each has a stream of the own, and loses nothing; they share again afterwards',
    async (_, outage) => {
      const permissions = new TestPermissions();
      await using tiny = await startSharing(permissions);
      const { ada, grace } = await adaAndGrace(tiny);
      permissions.known = outage();
      permissions.tell(null);
      await expectSoon(() => joined(tiny)).toBe(4);
      const streams = await opened(tiny, 2);
      expect(streams.map(({ userId, args }) => `${userId} ${args['after']}`).sort()).toEqual([
        'user_ada c1',
        'user_grace c1',
      ]);
      for (const { push } of streams) push(progressed(2));
      await expectSoon(() => [percents(ada), percents(grace)]).toEqual([
        [1, 2],
        [1, 2],
      ]);
      permissions.known = true;
      permissions.tell(null);
      await expectSoon(() => joined(tiny)).toBe(6);
      expect(tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
      await opened(tiny, 1);
      tiny.subgraphs.streams[0]?.push(progressed(3));
      await expectSoon(() => [percents(ada), percents(grace)]).toEqual([
        [1, 2, 3],
        [1, 2, 3],
      ]);
      expect([ada.ended, grace.ended]).toEqual(['open', 'open']);
    },
  );

  test('whoever comes has a stream of the own', async () => {
    const permissions = new TestPermissions();
    permissions.known = false;
    await using tiny = await startSharing(permissions);
    for (const userId of ['user_ada', 'user_grace'])
      receive(tiny.socket(await tokenFor({ userId })), rollout, { id: 'd1' });
    const streams = await opened(tiny, 2);
    expect(streams.map(({ userId }) => userId).sort()).toEqual(['user_ada', 'user_grace']);
  });
});
