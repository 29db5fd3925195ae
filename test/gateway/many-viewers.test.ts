import { expect, test } from 'vitest';
import { expectSoon, type Received, receive, startTinyGateway, tokenFor } from './tiny-gateway.js';
import { deployment } from './tiny-subgraphs.js';

const rollout = `subscription { rollout(deploymentId: "d1") {
  ... on RolloutProgressed { percent deployment { project { name cluster { name } } } } } }`;
const progressed = (percent: number) => ({ cursor: `c${percent}`, percent, deployment: deployment('d1') });
const percents = ({ results }: Received): unknown[] =>
  results.map(({ data }) => (data?.['rollout'] as { percent: number }).percent);

const users = 40;
/** While sockets are cut and come back a user may seem to have twice as many, of the 100 allowed. */
const viewersOfUser = 50;
const all = { subscriptions: users * viewersOfUser, upstreams: 1 };

test('two thousand viewers cost one stream, and find back to one when all their sockets are cut at once (SU-3)', async () => {
  await using tiny = await startTinyGateway({
    dependencies: {
      permissions: { fingerprint: async () => 'those of everybody' },
      streamPolicies: () => ({ sharedBy: 'permissions' }),
    },
  });
  const tokens = await Promise.all(
    Array.from({ length: users }, (_, n) => tokenFor({ userId: `user_${n}`, expiresInSeconds: 3_600 })),
  );
  const closed: unknown[] = [];
  const clients = tokens.flatMap((token) =>
    Array.from({ length: viewersOfUser }, () => {
      const client = tiny.socket(token, { retryAttempts: 10, retryWait: async () => undefined });
      client.on('closed', (event) => closed.push((event as { code?: number }).code));
      return client;
    }),
  );
  const viewers = clients.map((client) => receive(client, rollout));
  await expectSoon(() => tiny.gateway.subscriptions).toEqual(all);
  const publish = (percent: number): void => {
    for (const { push } of tiny.subgraphs.streams) push(progressed(percent));
  };
  publish(1);
  publish(2);
  await expectSoon(() => viewers.every((viewer) => viewer.results.length === 2)).toBe(true);
  expect(viewers.map(percents)).toEqual(viewers.map(() => [1, 2]));
  // Of each event's project and cluster one fetch for all.
  expect(tiny.subgraphs.calls).toHaveLength(2);

  for (const client of clients) client.terminate();
  await expectSoon(() => closed.length).toBe(clients.length);
  await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(all.subscriptions);
  // Each stream that is opened meanwhile begins with how things stand.
  const told = new Set<object>();
  await expectSoon(() => {
    for (const stream of tiny.subgraphs.streams) {
      if (!told.has(stream)) stream.push(progressed(3));
      told.add(stream);
    }
    return viewers.every((viewer) => percents(viewer).at(-1) === 3);
  }).toBe(true);
  await expectSoon(() => tiny.gateway.subscriptions).toEqual(all);
  expect(tiny.subgraphs.streams).toHaveLength(1);
  // Nobody was refused for coming all at once.
  expect(closed).toHaveLength(clients.length);
  expect(viewers.every(({ ended }) => ended === 'open')).toBe(true);
  publish(4);
  await expectSoon(() => viewers.every((viewer) => percents(viewer).at(-1) === 4)).toBe(true);
  expect(viewers.map(percents)).toEqual(viewers.map(() => [1, 2, 3, 4]));
}, 180_000);
