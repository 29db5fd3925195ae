import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer, sendJson, sendStatus } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User, uniqueName } from './platform.js';

type Data = any;

let platform: Platform;
let admin: User;
let server: FakeApiServer;
let healthy = true;

beforeAll(async () => {
  server = await FakeApiServer.start((_request, response) =>
    healthy
      ? sendJson(response, 200, { gitVersion: 'v1.33.0', items: [] })
      : sendStatus(response, 503, 'ServiceUnavailable', 'down'),
  );
  platform = await startPlatform({ origins: [server.origin] });
  admin = platform.admin;
});
afterAll(async () => {
  await platform?.dispose();
  await server?.close();
});

const register = async (): Promise<string> => {
  const input = {
    name: uniqueName('c'),
    infrastructure: 'OTHER',
    server: server.origin,
    token: 'some-token',
  };
  const { cluster } = await admin.clusters.mutate('registerCluster', input, 'cluster { id }');
  await eventually(async () => {
    const found = await admin.clusters.query('query ($id: ID!) { cluster(id: $id) { status } }', cluster);
    return found.cluster.status === 'READY';
  });
  return cluster.id;
};

const subscription = `subscription ($ids: [ID!], $after: String) {
  clusterStatus(ids: $ids, after: $after) {
    __typename
    ... on ClustersSnapshot { cursor clusters { id status } }
    ... on ClusterAdded { cursor cluster { id status } }
    ... on ClusterChanged { cursor cluster { id status displayName } }
    ... on ClusterRemoved { cursor id }
    ... on StreamReset { cursor reason }
  } }`;

function open(user: User, variables: object = {}) {
  const controller = new AbortController();
  const events = user.clusters.subscribe(subscription, variables, controller.signal);
  return {
    next: async (): Promise<Data> => (await events.next()).value,
    end: () => controller.abort(),
    events,
  };
}

describe('the stream of cluster status', () => {
  it('begins with a snapshot, then tells each change once', async () => {
    const id = await register();
    const stream = open(admin, { ids: [id] });
    expect(await stream.next()).toMatchObject({
      __typename: 'ClustersSnapshot',
      clusters: [{ id, status: 'READY' }],
    });
    const next = stream.next();
    healthy = false;
    expect(await next).toMatchObject({
      __typename: 'ClusterChanged',
      cluster: { id, status: 'UNREACHABLE' },
    });
    const recovered = stream.next();
    healthy = true;
    expect(await recovered).toMatchObject({ __typename: 'ClusterChanged', cluster: { id, status: 'READY' } });
    const renamed = stream.next();
    await admin.clusters.mutate('updateCluster', { clusterId: id, displayName: 'New' });
    expect(await renamed).toMatchObject({ __typename: 'ClusterChanged', cluster: { displayName: 'New' } });
    const removed = stream.next();
    await admin.clusters.mutate('unregisterCluster', { clusterId: id });
    expect(await removed).toMatchObject({ __typename: 'ClusterRemoved', id });
    stream.end();
  });

  it('of all clusters tells of new ones', async () => {
    const stream = open(admin);
    expect((await stream.next()).__typename).toBe('ClustersSnapshot');
    const [added, id] = await Promise.all([stream.next(), register()]);
    expect(added).toMatchObject({ __typename: 'ClusterAdded', cluster: { id } });
    stream.end();
  });

  it('goes on after a cursor with what was missed, or says that it can not', async () => {
    const id = await register();
    const first = open(admin, { ids: [id] });
    const { cursor } = await first.next();
    first.end();
    await admin.clusters.mutate('updateCluster', { clusterId: id, displayName: 'Meanwhile' });
    const resumed = open(admin, { ids: [id], after: cursor });
    expect(await resumed.next()).toMatchObject({
      __typename: 'ClusterChanged',
      cluster: { displayName: 'Meanwhile' },
    });
    resumed.end();
    const foreign = open(admin, { ids: [id], after: 'another-process.7' });
    expect(await foreign.next()).toMatchObject({ __typename: 'StreamReset' });
    expect(await foreign.next()).toMatchObject({ __typename: 'ClustersSnapshot' });
    foreign.end();
  });

  it('ends within five seconds when the role is taken (SU-6)', async () => {
    const id = await register();
    const user = await platform.user();
    const { roleBinding } = await admin.identity.mutate(
      'bindRole',
      { userId: user.id, role: 'viewer' },
      'roleBinding { id }',
    );
    const stream = await eventually(async () => {
      const opened = open(user, { ids: [id] });
      return (await opened.next().catch(() => undefined)) && opened;
    });
    const next = stream.next();
    const started = Date.now();
    await admin.identity.mutate('unbindRole', { roleBindingId: roleBinding.id });
    await expect(next).rejects.toMatchObject({ extensions: { code: 'FORBIDDEN' } });
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});
