import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { FakeApiServer, sendJson, sendStatus } from '../../kit/fake-api-server.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User, uniqueName } from './platform.js';

let platform: Platform;
let admin: User;
let sandboxes: Sandbox[];
/** Answers well until it is closed. */
let dying: FakeApiServer;
const ids: Record<'frankfurt' | 'dublin' | 'dead', string> = { frankfurt: '', dublin: '', dead: '' };

beforeAll(async () => {
  sandboxes = await Promise.all([
    startSandbox({ name: 'frankfurt', pace: 0.1, nodes: 2 }),
    startSandbox({ name: 'dublin', pace: 0.1, nodes: 3 }),
  ]);
  dying = await FakeApiServer.start((request, response) =>
    request.url.searchParams.has('watch')
      ? sendStatus(response, 500, 'InternalError', 'no watches here')
      : sendJson(response, 200, { gitVersion: 'v1.31.0', metadata: { resourceVersion: '1' }, items: [] }),
  );
  platform = await startPlatform({ origins: [...sandboxes.map(({ url }) => url), dying.origin] });
  admin = platform.admin;
  const register = async (name: string, more: object) =>
    (
      await admin.clusters.mutate(
        'registerCluster',
        { name, infrastructure: 'AWS', ...more },
        'cluster { id }',
      )
    ).cluster.id;
  ids.frankfurt = await register('frankfurt', {
    infrastructure: 'BARE_METAL',
    location: 'Frankfurt',
    labels: { tier: 'gold' },
    kubeconfig: sandboxes[0]?.kubeconfig,
  });
  ids.dublin = await register('dublin', { location: 'eu-west-1', kubeconfig: sandboxes[1]?.kubeconfig });
  ids.dead = await register('dead', { location: 'nowhere', server: dying.origin, token: 'some-token' });
  await dying.close();
  await eventually(async () => {
    const statuses = Object.values(await statusByName()).sort();
    return statuses.join() === 'READY,READY,UNREACHABLE';
  });
});
afterAll(async () => {
  await platform?.dispose();
  await Promise.all(sandboxes?.map((sandbox) => sandbox.dispose()) ?? []);
});

type Data = any;

async function list(selection: string, args = ''): Promise<Data[]> {
  const { clusters } = await admin.clusters.query(`{ clusters${args} { nodes { ${selection} } } }`);
  return clusters.nodes;
}
async function statusByName(): Promise<Record<string, string>> {
  return Object.fromEntries((await list('name status')).map(({ name, status }) => [name, status]));
}
const entities = (asker: User['clusters'], ...clusterIds: string[]) =>
  asker.query('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Cluster { name } } }', {
    r: clusterIds.map((id) => ({ __typename: 'Cluster', id })),
  });

describe('three clusters, one of which refuses connections (CL-1)', () => {
  const everything = `id name status statusReason kubernetesVersion lastSeenAt latencyMs
    observed { cluster { id } observedAt stale error { code message } }
    nodes { totalCount nodes { name ready roles kubeletVersion internalAddress capacity { cpuCores memoryBytes pods } conditions { type status } } }
    storageClasses { name provisioner default expandable }
    capacity { cpuCores memoryBytes pods } allocatable { cpuCores } requested { cpuCores pods } usage { cpuCores memoryBytes }`;

  it('answer with data for two, and say of the third what is wrong with it', async () => {
    const watch = new Stopwatch();
    const found = await list(everything);
    expect(watch.seconds).toBeLessThan(11);
    const [dead, dublin, frankfurt] = found;
    expect(frankfurt).toMatchObject({ status: 'READY', statusReason: null, kubernetesVersion: 'v1.36.2' });
    expect(frankfurt.observed).toMatchObject({ stale: false, error: null, cluster: { id: ids.frankfurt } });
    expect(frankfurt.nodes.totalCount).toBe(2);
    expect(dublin.nodes.totalCount).toBe(3);
    expect(frankfurt.nodes.nodes[0]).toMatchObject({ ready: true, kubeletVersion: 'v1.36.2' });
    expect(frankfurt.capacity.cpuCores).toBeGreaterThan(0);
    expect(dublin.capacity.cpuCores).toBeCloseTo((frankfurt.capacity.cpuCores / 2) * 3);
    expect(frankfurt.storageClasses.filter((storageClass: Data) => storageClass.default)).toHaveLength(1);
    expect(frankfurt.latencyMs).toBeGreaterThanOrEqual(0);

    expect(dead).toMatchObject({
      status: 'UNREACHABLE',
      kubernetesVersion: 'v1.31.0',
      latencyMs: null,
      nodes: { totalCount: 0 },
      storageClasses: [],
      usage: null,
    });
    expect(dead.observed).toMatchObject({
      cluster: { id: ids.dead },
      stale: true,
      error: { code: 'CLUSTER_UNAVAILABLE' },
    });
    expect(dead.observed.error.message).not.toContain('127.0.0.1');
  });

  it('answer at once when asked again', async () => {
    const watch = new Stopwatch();
    expect(await list(everything)).toHaveLength(3);
    expect(watch.seconds).toBeLessThan(1);
  });

  it('can be told apart by status', async () => {
    const names = (filter: string) =>
      list('name', `(filter: ${filter})`).then((all) => all.map(({ name }) => name));
    expect(await names('{ status: UNREACHABLE }')).toEqual(['dead']);
    expect(await names('{ status: [READY, DEGRADED] }')).toEqual(['dublin', 'frankfurt']);
  });
});

describe('what is asked for on a cluster', () => {
  it('counts all pods, also those that Meridian does not manage', async () => {
    const sandbox = await startSandbox({ name: 'busy', pace: 0.1 });
    sandbox.api.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'default' },
      spec: {
        containers: [
          { name: 'a', image: 'nginx', resources: { requests: { cpu: '300m', memory: '64Mi' } } },
          { name: 'b', image: 'nginx', resources: { requests: { cpu: '200m' } } },
        ],
      },
    });
    const own = await startPlatform({ origins: [sandbox.url] });
    try {
      const input = { name: 'busy', infrastructure: 'OTHER', kubeconfig: sandbox.kubeconfig };
      const { cluster } = await own.admin.clusters.mutate(
        'registerCluster',
        input,
        'cluster { requested { cpuCores memoryBytes pods } }',
      );
      expect(cluster.requested).toEqual({ cpuCores: 0.5, memoryBytes: 64 * 1024 ** 2, pods: 1 });
    } finally {
      await own.dispose();
      await sandbox.dispose();
    }
  });
});

describe('a cluster whose API server is not ready', () => {
  it('is DEGRADED, and CREDENTIALS_REJECTED once it refuses the token', async () => {
    let answer = 500;
    const server = await FakeApiServer.start(({ url, headers }, response) => {
      if (headers.authorization !== 'Bearer some-token' || answer === 401) {
        return sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
      }
      if (url.pathname === '/readyz') {
        response.writeHead(answer, { 'content-type': 'text/plain' });
        response.end('[-]etcd failed');
        return;
      }
      return sendJson(response, 200, { gitVersion: 'v1.33.0', items: [] });
    });
    const own = await startPlatform({ origins: [server.origin] });
    try {
      const { cluster } = await own.admin.clusters.mutate(
        'registerCluster',
        { name: 'weak', infrastructure: 'OTHER', server: server.origin, token: 'some-token' },
        'cluster { id }',
      );
      const now = async () =>
        (
          await own.admin.clusters.query(
            'query ($id: ID!) { cluster(id: $id) { status statusReason } }',
            cluster,
          )
        ).cluster;
      await eventually(async () => (await now()).status === 'DEGRADED');
      expect((await now()).statusReason).toMatch(/\/readyz answers 500/);
      answer = 200;
      await eventually(async () => (await now()).status === 'READY');
      answer = 401;
      await eventually(async () => (await now()).status === 'CREDENTIALS_REJECTED');
    } finally {
      await own.dispose();
      await server.close();
    }
  });
});

describe('the list of clusters', () => {
  it.each([
    ['{ infrastructure: BARE_METAL }', ['frankfurt']],
    ['{ location: ["eu-west-1", "nowhere"] }', ['dead', 'dublin']],
    ['{ search: "FRANK" }', ['frankfurt']],
    ['{ name: "dublin" }', ['dublin']],
    ['{ labels: { tier: "gold" } }', ['frankfurt']],
    ['{ infrastructure: AWS, search: "dub" }', ['dublin']],
    ['{ search: "%" }', []],
  ])('is filtered by %s', async (filter, names) => {
    const { clusters } = await admin.clusters.query(
      `{ clusters(filter: ${filter}) { nodes { name } totalCount edges { cursor node { name } } } }`,
    );
    expect(clusters.nodes.map(({ name }: Data) => name)).toEqual(names);
    expect(clusters.totalCount).toBe(names.length);
  });

  it('is paged and ordered', async () => {
    const first = await admin.clusters.query(
      '{ clusters(first: 2, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { name } pageInfo { endCursor hasNextPage } } }',
    );
    expect(first.clusters.nodes).toEqual([{ name: 'dead' }, { name: 'dublin' }]);
    expect(first.clusters.pageInfo.hasNextPage).toBe(true);
    const second = await admin.clusters.query(
      'query ($after: String) { clusters(first: 2, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { name } pageInfo { hasNextPage } } }',
      { after: first.clusters.pageInfo.endCursor },
    );
    expect(second.clusters).toEqual({ nodes: [{ name: 'frankfurt' }], pageInfo: { hasNextPage: false } });
  });
});

describe('who may see a cluster (AU-2)', () => {
  it('is whoever may read it; for others it is as absent, whatever they do', async () => {
    const { role } = await admin.identity.mutate(
      'createRole',
      {
        name: uniqueName('operator'),
        permissions: ['clusters.read', 'clusters.update', 'clusters.unregister', 'environments.read'],
      },
      'role { name }',
    );
    const operator = await platform.user({ role: role.name, scope: { clusterId: ids.dublin } });
    const absent = 'cluster_00000000000000000000000000';
    const { clusters } = await operator.clusters.query('{ clusters { nodes { name } totalCount } }');
    expect(clusters).toEqual({ nodes: [{ name: 'dublin' }], totalCount: 1 });
    expect((await entities(operator.clusters, ids.frankfurt, ids.dublin, absent))._entities).toEqual([
      null,
      { name: 'dublin' },
      null,
    ]);
    for (const id of [ids.frankfurt, absent]) {
      const found = await operator.clusters.query('query ($id: ID!) { cluster(id: $id) { id } }', { id });
      expect(found.cluster).toBeNull();
    }
    expect((await operator.clusters.query('{ cluster(name: "frankfurt") { id } }')).cluster).toBeNull();
    for (const [mutation, more] of [
      ['updateCluster', { displayName: 'Mine' }],
      ['rotateClusterCredentials', { token: 'abc' }],
      ['unregisterCluster', { force: true }],
    ] as const) {
      const [foreign, missing] = await Promise.all(
        [ids.frankfurt, absent].map(async (clusterId) => {
          const refusal = await operator.clusters.refusal(mutation, { ...more, clusterId });
          return { ...refusal, message: refusal.message.replace(clusterId, 'ID') };
        }),
      );
      expect(foreign).toEqual(missing);
      expect(foreign).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'clusterId'] });
    }
    const stream = operator.clusters.subscribe(
      'subscription ($ids: [ID!]) { clusterStatus(ids: $ids) { __typename } }',
      { ids: [ids.frankfurt] },
      new AbortController().signal,
    );
    await expect(stream.next()).rejects.toMatchObject({ extensions: { code: 'NOT_FOUND' } });
    await operator.clusters.mutate('updateCluster', { clusterId: ids.dublin, displayName: 'Dublin' });
  });

  it('is whoever may see an environment on it', async () => {
    const { project } = await admin.projects.mutate(
      'createProject',
      { name: uniqueName('shop') },
      'project { id }',
    );
    const owner = await platform.user({ role: 'project-owner', scope: { projectId: project.id } });
    expect((await owner.clusters.query('{ clusters { totalCount } }')).clusters.totalCount).toBe(0);
    await admin.projects.mutate('createEnvironment', {
      projectId: project.id,
      landscape: 'DEV',
      clusterId: ids.frankfurt,
    });
    await eventually(async () => {
      const { clusters } = await owner.clusters.query('{ clusters { nodes { name } } }');
      return clusters.nodes.length === 1 && clusters.nodes[0].name === 'frankfurt';
    });
    const refusal = await owner.clusters.refusal('updateCluster', {
      clusterId: ids.frankfurt,
      displayName: 'x',
    });
    expect(refusal).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is nobody without clusters.read', async () => {
    const stranger = await platform.user();
    const { errors } = await stranger.clusters.send('{ clusters { totalCount } }');
    expect(errors[0].extensions.code).toBe('FORBIDDEN');
  });
});
