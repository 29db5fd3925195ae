import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { lastingPort } from '../../kit/lasting-port.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, uniqueName } from '../clusters/platform.js';

type Data = any;

let platform: Platform;
let sandboxes: Sandbox[];
let project: { id: string; name: string };

beforeAll(async () => {
  sandboxes = await Promise.all(
    ['alive', 'dead'].map(async (name) => startSandbox({ name, pace: 0.1, port: await lastingPort() })),
  );
  platform = await startPlatform({
    origins: sandboxes.map(({ url }) => url),
    env: { MERIDIAN_ENVIRONMENT_RECONCILE_INTERVAL: '200ms' },
  });
  const { clusters, projects } = platform.admin;
  project = (await projects.mutate('createProject', { name: uniqueName('shop') }, 'project { id name }'))
    .project;
  for (const { name, kubeconfig } of sandboxes) {
    const input = { name, infrastructure: 'OTHER', kubeconfig };
    const { cluster } = await clusters.mutate('registerCluster', input, 'cluster { id }');
    await projects.mutate('createEnvironment', {
      projectId: project.id,
      landscape: 'DEV',
      clusterId: cluster.id,
      quota: { pods: 9 },
    });
  }
});
afterAll(async () => {
  await platform?.dispose();
  await Promise.all(sandboxes?.map((sandbox) => sandbox.dispose()) ?? []);
});

async function environments(): Promise<Data[]> {
  const { project: found } = await platform.admin.projects.query(
    `query ($id: ID!) { project(id: $id) { environments {
      id status quota { limits { pods } used { pods } } cluster { id }
      observed { cluster { id } observedAt stale error { code message } } } } }`,
    project,
  );
  return found.environments;
}

describe('the environments of a project when one of its clusters dies (CL-1)', () => {
  it('stay what they were last, marked stale with the reason, and the others are not touched', async () => {
    await eventually(async () => (await environments()).every(({ status }) => status === 'READY'));
    await sandboxes[1]?.dispose();
    const [alive, dead] = await eventually(async () => {
      const found = await environments();
      const stale = found.filter(({ observed }) => observed.stale);
      return stale.length === 1 ? [found.find(({ observed }) => !observed.stale), stale[0]] : undefined;
    });
    expect(alive).toMatchObject({ status: 'READY', quota: { used: { pods: 0 } }, observed: { error: null } });
    expect(dead).toMatchObject({
      status: 'READY',
      quota: { limits: { pods: 9 }, used: { pods: 0 } },
      observed: { cluster: dead.cluster, error: { code: 'CLUSTER_UNAVAILABLE' } },
    });
    expect(dead.observed.observedAt).not.toBeNull();
    expect(dead.observed.error.message).not.toContain('127.0.0.1');
  });

  it('answer at once', async () => {
    const watch = new Stopwatch();
    expect(await environments()).toHaveLength(2);
    expect(watch.seconds).toBeLessThan(1);
  });

  it('can be deleted while it is dead: that goes on when it answers', async () => {
    const dead = (await environments()).find(({ observed }) => observed.stale);
    const { environment } = await platform.admin.projects.mutate(
      'deleteEnvironment',
      { environmentId: dead.id },
      'environment { status }',
    );
    expect(environment.status).toBe('TERMINATING');
    const revived = await startSandbox({ name: 'dead', port: Number(new URL(sandboxes[1]?.url ?? '').port) });
    try {
      // It forgot everything, the token included.
      await platform.admin.clusters.mutate('rotateClusterCredentials', {
        clusterId: dead.cluster.id,
        token: revived.token,
      });
      await eventually(async () => (await environments()).length === 1, { seconds: 40 });
    } finally {
      await revived.dispose();
    }
  });
});

describe('a sandbox that comes back elsewhere with nothing in it', () => {
  it('gets its namespaces again within seconds, not only with the next round', async () => {
    const first = await startSandbox({ name: 'forgetful', pace: 0.1, port: await lastingPort() });
    const second = await startSandbox({ name: 'forgetful', pace: 0.1, port: await lastingPort() });
    const own = await startPlatform({ origins: [first.url, second.url] });
    try {
      const { clusters, admin } = own;
      const given = { name: 'forgetful', infrastructure: 'OTHER' } as const;
      const { id: clusterId } = await clusters.ensureCluster({ ...given, kubeconfig: first.kubeconfig });
      const { project: shop } = await admin.projects.mutate(
        'createProject',
        { name: 'shop' },
        'project { id }',
      );
      await admin.projects.mutate('createEnvironment', { projectId: shop.id, landscape: 'DEV', clusterId });
      await first.dispose();
      await clusters.ensureCluster({ ...given, kubeconfig: second.kubeconfig });
      await eventually(() => second.api.get('resourcequotas', 'shop-dev', 'meridian'), { seconds: 15 });
    } finally {
      await own.dispose();
      await Promise.all([first.dispose(), second.dispose()]);
    }
  });
});
