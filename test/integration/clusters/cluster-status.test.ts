import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer, sendJson, sendStatus } from '../../kit/fake-api-server.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User, uniqueName } from './platform.js';

type Data = any;

let platform: Platform;
let admin: User;
let server: FakeApiServer;
let healthy = true;

beforeAll(async () => {
  server = await FakeApiServer.start(({ method, url }, response) => {
    if (!healthy) return sendStatus(response, 503, 'ServiceUnavailable', 'down');
    if (method !== 'GET') return sendJson(response, 201, { metadata: { name: 'x', uid: 'u' } });
    if (/\/namespaces\/[^/]+$/.test(url.pathname)) {
      return sendStatus(response, 404, 'NotFound', 'not found', {
        details: { name: 'x', kind: 'namespaces' },
      });
    }
    return sendJson(response, 200, { gitVersion: 'v1.33.0', items: [] });
  });
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
  const next = async (): Promise<Data> => (await events.next()).value;
  return {
    next,
    /** The first event of that kind, past what still comes of earlier changes. */
    until: async (accepts: (event: Data) => boolean): Promise<Data> => {
      for (;;) {
        const event = await next();
        if (accepts(event)) return event;
      }
    },
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
    await expect(stream.next()).rejects.toMatchObject({ extensions: { code: 'NOT_FOUND' } });
  });

  it('of several ends only when none of them is left', async () => {
    const [first, second] = [await register(), await register()];
    const stream = open(admin, { ids: [first, second] });
    expect((await stream.next()).clusters).toHaveLength(2);
    await admin.clusters.mutate('unregisterCluster', { clusterId: first });
    expect(await stream.next()).toMatchObject({ __typename: 'ClusterRemoved', id: first });
    const next = stream.next();
    await admin.clusters.mutate('updateCluster', { clusterId: second, displayName: 'Still here' });
    expect(await next).toMatchObject({ cluster: { id: second, displayName: 'Still here' } });
    stream.end();
  });

  it('tells of clusters that come into sight and go out of it with what the reader may see (SU-7)', async () => {
    const [seen, hidden] = [await register(), await register()];
    const { project } = await admin.projects.mutate(
      'createProject',
      { name: uniqueName('shop') },
      'project { id }',
    );
    const reader = await platform.user({ role: 'project-owner', scope: { projectId: project.id } });
    const stream = open(reader);
    expect(await stream.next()).toMatchObject({ __typename: 'ClustersSnapshot', clusters: [] });
    const added = stream.next();
    await admin.projects.mutate('createEnvironment', {
      projectId: project.id,
      landscape: 'DEV',
      clusterId: seen,
    });
    expect(await added).toMatchObject({ __typename: 'ClusterAdded', cluster: { id: seen } });
    const next = stream.next();
    const binding = { userId: reader.id, role: 'viewer', scope: { clusterId: hidden } };
    const { roleBinding } = await admin.identity.mutate('bindRole', binding, 'roleBinding { id }');
    expect(await next).toMatchObject({ __typename: 'ClusterAdded', cluster: { id: hidden } });
    const removed = stream.next();
    await admin.identity.mutate('unbindRole', { roleBindingId: roleBinding.id });
    expect(await removed).toMatchObject({ __typename: 'ClusterRemoved', id: hidden });
    stream.end();
  });

  it('goes on over a rotation of credentials and misses nothing', async () => {
    const id = await register();
    const stream = open(admin, { ids: [id] });
    await stream.next();
    for (const token of ['second', 'third']) {
      const changed = stream.next();
      await admin.clusters.mutate('rotateClusterCredentials', { clusterId: id, token });
      expect(await changed).toMatchObject({ __typename: 'ClusterChanged', cluster: { id, status: 'READY' } });
    }
    const is = (status: string) => (event: Data) => {
      expect(event.__typename).toBe('ClusterChanged');
      return event.cluster.status === status;
    };
    healthy = false;
    await stream.until(is('UNREACHABLE'));
    healthy = true;
    await stream.until(is('READY'));
    stream.end();
  });

  it('of all clusters tells of new ones', async () => {
    const stream = open(admin);
    expect((await stream.next()).__typename).toBe('ClustersSnapshot');
    const [added, id] = await Promise.all([
      stream.until(({ __typename }) => __typename === 'ClusterAdded'),
      register(),
    ]);
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
    const watch = new Stopwatch();
    await admin.identity.mutate('unbindRole', { roleBindingId: roleBinding.id });
    await expect(next).rejects.toMatchObject({ extensions: { code: 'FORBIDDEN' } });
    expect(watch.seconds).toBeLessThan(5);
  });
});
