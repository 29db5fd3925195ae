import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DrainedCluster, follow } from './drained-cluster.js';
import { type Platform, startPlatform, type User } from './platform.js';

type Data = any;

let cluster: DrainedCluster;
let platform: Platform;
let admin: User;

beforeAll(async () => {
  cluster = await DrainedCluster.start('drained');
  platform = await startPlatform({ origins: [cluster.sandbox.url] });
  admin = platform.admin;
  await cluster.register(admin);
});
afterAll(async () => {
  await platform?.dispose();
  await cluster?.sandbox.dispose();
});

const refusal = (more: object) =>
  admin.clusters.attempt(
    'drainNode',
    { clusterId: cluster.clusterId, nodeName: 'node-1', ...more },
    'drain { id } plan { evict { name } skipped { name reason } }',
  );

describe('draining a node', () => {
  it('cordons it, evicts its pods and ends when they are gone; pods of DaemonSets stay', async () => {
    cluster.sandbox.api.create('daemonsets', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        template: {
          metadata: { labels: { app: 'agent' } },
          spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
        },
      },
    });
    await cluster.run('web', 3);
    const drain = await cluster.drain(admin, { reason: 'new disks' });
    expect(drain).toMatchObject({ nodeName: 'node-1', reason: 'new disks', podCounts: { total: 3 } });
    const stream = follow(admin, drain.id);
    const events: Data[] = [];
    for await (const event of stream.events) events.push(event);
    const last = events.at(-1);
    expect(events.slice(0, -1).every(({ __typename }) => __typename === 'DrainProgressed')).toBe(true);
    expect(last).toMatchObject({
      __typename: 'DrainCompleted',
      drain: {
        state: 'SUCCEEDED',
        podCounts: { total: 3, done: 3, blocked: 0 },
        remaining: [],
        problem: null,
      },
    });
    expect(cluster.isCordoned('node-1')).toBe(true);
    expect(cluster.pods('node-1', 'web')).toEqual([]);
    expect(cluster.pods('node-1', 'agent')).toHaveLength(1);
    const { cluster: read } = await admin.clusters.query(
      `query ($id: ID!) { cluster(id: $id) { node(name: "node-1") { drain { id state startedBy { id } cluster { name } } }
        drains(filter: { nodeName: "node-1" }) { totalCount nodes { id } } nodes { nodes { drain { id } } } } }`,
      { id: cluster.clusterId },
    );
    expect(read.node.drain).toEqual({
      id: drain.id,
      state: 'SUCCEEDED',
      startedBy: { id: admin.id },
      cluster: { name: 'drained' },
    });
    expect(read.drains).toEqual({ totalCount: 1, nodes: [{ id: drain.id }] });
    expect(read.nodes.nodes).toEqual([{ drain: { id: drain.id } }, { drain: null }]);
    expect((await platform.audited('drainNode'))[0]).toMatchObject({
      result: 'DONE',
      reason: 'new disks',
      changes: expect.arrayContaining([{ path: 'unschedulable', before: false, after: true }]),
    });
    expect((await platform.audited('drainNode.end'))[0]).toMatchObject({ result: 'DONE', user_id: admin.id });
  });

  it('waits for a PodDisruptionBudget, names it, and goes on when it allows', async () => {
    await cluster.run('guarded', 2, { budget: true });
    const { id } = await cluster.drain(admin);
    const blocked = await cluster.until(admin, id, ({ podCounts }: Data) => podCounts.blocked === 2);
    expect(blocked).toMatchObject({ state: 'RUNNING', problem: null });
    expect(blocked.remaining).toHaveLength(2);
    expect(blocked.remaining[0]).toMatchObject({
      namespace: 'default',
      state: 'BLOCKED',
      reason: expect.stringContaining('needs 2 healthy pods and has 2'),
      disruptionBudget: 'guarded-budget',
    });
    expect(cluster.pods('node-1', 'guarded')).toHaveLength(2);
    cluster.allow('guarded');
    const done = await cluster.until(admin, id, ({ finishedAt }: Data) => finishedAt);
    expect(done).toMatchObject({ state: 'SUCCEEDED', podCounts: { done: 2 } });
  });

  it('is given up after its time, naming what is left, or when somebody cancels it', async () => {
    await cluster.run('stuck', 1, { budget: true });
    const short = await cluster.drain(admin, { timeoutSeconds: 1 });
    const over = await cluster.until(admin, short.id, ({ finishedAt }: Data) => finishedAt);
    expect(over).toMatchObject({ state: 'TIMED_OUT', outcome: expect.stringContaining('default/stuck-') });
    expect(over.remaining).toHaveLength(1);

    const { id } = await cluster.drain(admin);
    expect((await refusal({})).userErrors[0]).toMatchObject({
      code: 'CONFLICT',
      field: ['input', 'nodeName'],
    });
    const stream = follow(admin, id);
    const first = await stream.events.next();
    expect(first.value.__typename).toBe('DrainProgressed');
    const { drain } = await admin.clusters.mutate(
      'cancelNodeDrain',
      { drainId: id, reason: 'changed our minds' },
      'drain { state outcome }',
    );
    expect(drain).toEqual({ state: 'CANCELLED', outcome: 'It was cancelled: changed our minds' });
    let last = first.value;
    for await (const event of stream.events) last = event;
    expect(last).toMatchObject({ __typename: 'DrainCompleted', drain: { state: 'CANCELLED' } });
    expect(await admin.clusters.refusal('cancelNodeDrain', { drainId: id })).toMatchObject({
      code: 'CONFLICT',
    });
    expect(cluster.isCordoned('node-1')).toBe(true);
    expect(cluster.pods('node-1', 'stuck')).toHaveLength(1);
    cluster.allow('stuck');
    // Resumed after the last event there is nothing but the end.
    const resumed = follow(admin, id, last.cursor);
    const rest: Data[] = [];
    for await (const event of resumed.events) rest.push(event.__typename);
    expect(rest).toEqual(['DrainCompleted']);
  });

  it('ends as failed when the cluster refuses what is left', async () => {
    await cluster.run('twice', 1, { budget: true });
    cluster.sandbox.api.create('poddisruptionbudgets', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'second', namespace: 'default' },
      spec: { minAvailable: 0, selector: { matchLabels: { app: 'twice' } } },
    });
    const { id } = await cluster.drain(admin);
    const done = await cluster.until(
      admin,
      id,
      ({ finishedAt, remaining }: Data) =>
        finishedAt || remaining.every(({ state }: Data) => state === 'GONE'),
    );
    expect(done).toMatchObject({
      state: 'FAILED',
      outcome: expect.stringContaining('more than one PodDisruptionBudget'),
    });
    cluster.allow('twice');
    cluster.sandbox.api.remove('poddisruptionbudgets', 'default', 'second');
  });
});

describe('a drain that would lose more than was agreed to', () => {
  it('is refused naming the pods, and nothing is done', async () => {
    await cluster.run('cache', 1, { volumes: [{ name: 'tmp', emptyDir: {} }] });
    cluster.setUnschedulable('node-1', false);
    cluster.sandbox.api.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'alone', namespace: 'default' },
      spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'nginx:1' }] },
    });
    const { drain, plan, userErrors } = await refusal({});
    expect(drain).toBeNull();
    expect(userErrors).toEqual([
      {
        code: 'BAD_USER_INPUT',
        field: ['input', 'force'],
        message: expect.stringContaining('default/alone'),
      },
      {
        code: 'BAD_USER_INPUT',
        field: ['input', 'deleteEmptyDirData'],
        message: expect.stringContaining('default/cache-'),
      },
    ]);
    expect(plan.evict.map(({ name }: Data) => name)).toContain('alone');
    expect(plan.skipped).toEqual([{ name: expect.stringContaining('agent-'), reason: 'DAEMON_SET' }]);
    expect(cluster.isCordoned('node-1')).toBe(false);

    const agreed = { force: true, deleteEmptyDirData: true };
    const dry = await refusal({ ...agreed, dryRun: true });
    expect(dry).toMatchObject({ drain: null, userErrors: [] });
    expect(cluster.isCordoned('node-1')).toBe(false);

    const keyed = { ...agreed, idempotencyKey: 'once', gracePeriodSeconds: 1 };
    const { id } = await cluster.drain(admin, keyed);
    expect((await cluster.drain(admin, keyed)).id).toBe(id);
    const done = await cluster.until(admin, id, ({ finishedAt }: Data) => finishedAt);
    expect(done.state).toBe('SUCCEEDED');
    expect((await cluster.drain(admin, keyed)).id).toBe(id);
    expect(cluster.sandbox.api.get('pods', 'default', 'alone')).toBeUndefined();
  });

  it('is refused for numbers out of range, nodes that are not there and names that are none', async () => {
    const first = async (more: object) => (await refusal(more)).userErrors[0];
    expect(await first({ timeoutSeconds: 0 })).toMatchObject({ field: ['input', 'timeoutSeconds'] });
    expect(await first({ timeoutSeconds: 86_401 })).toMatchObject({ field: ['input', 'timeoutSeconds'] });
    expect(await first({ gracePeriodSeconds: -1 })).toMatchObject({ field: ['input', 'gracePeriodSeconds'] });
    expect(await first({ nodeName: 'node-9' })).toMatchObject({
      code: 'NOT_FOUND',
      field: ['input', 'nodeName'],
    });
    expect(await first({ nodeName: '..' })).toMatchObject({ code: 'BAD_USER_INPUT' });
    for (const drainId of ['x', 'drain_00000000000000000000000000']) {
      expect(await admin.clusters.refusal('cancelNodeDrain', { drainId })).toMatchObject({
        code: 'NOT_FOUND',
        field: ['input', 'drainId'],
      });
    }
  });
});

describe('who may see drains', () => {
  it('is whoever may read the cluster itself', async () => {
    cluster.setUnschedulable('node-1', false);
    const { id } = await cluster.drain(admin);
    const viewer = await platform.user({ role: 'viewer', scope: { clusterId: cluster.clusterId } });
    expect((await cluster.read(viewer, id)).id).toBe(id);
    expect(await viewer.clusters.refusal('cancelNodeDrain', { drainId: id })).toMatchObject({
      code: 'FORBIDDEN',
    });
    const { project } = await admin.projects.mutate('createProject', { name: 'elsewhere' }, 'project { id }');
    const stranger = await platform.user({ role: 'viewer', scope: { projectId: project.id } });
    expect(await cluster.read(stranger, id)).toBeNull();
    await expect(follow(stranger, id).events.next()).rejects.toMatchObject({
      extensions: { code: 'NOT_FOUND' },
    });
    await cluster.until(admin, id, ({ finishedAt }: Data) => finishedAt);
  });
});
