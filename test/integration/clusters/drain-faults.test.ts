import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { createTestDatabase, type TestDatabase } from '../../kit/postgres.js';
import { eventually } from '../../kit/wait.js';
import { DrainedCluster, endsOf } from './drained-cluster.js';
import { type Platform, startPlatform } from './platform.js';

type Data = any;

let cluster: DrainedCluster;
let proxy: FaultProxy;
let database: TestDatabase;
const secretKey = randomBytes(32).toString('base64');
const running: Platform[] = [];

/** One more process of Meridian on the same database. */
async function start(): Promise<Platform> {
  const platform = await startPlatform({ origins: [proxy.url], databaseUrl: database.url, secretKey });
  running.push(platform);
  return platform;
}
async function stop(platform: Platform): Promise<void> {
  running.splice(running.indexOf(platform), 1);
  await platform.dispose();
}

beforeAll(async () => {
  [cluster, database] = await Promise.all([DrainedCluster.start('faulty'), createTestDatabase()]);
  proxy = await FaultProxy.start(cluster.sandbox.url);
  const platform = await start();
  await cluster.register(platform.admin, { server: proxy.url, token: cluster.sandbox.token });
});
afterAll(async () => {
  for (const platform of [...running]) await stop(platform);
  await proxy?.dispose();
  await cluster?.sandbox.dispose();
  await database?.dispose();
});

const blocked = ({ podCounts }: Data) => podCounts.blocked > 0;
const finished = ({ finishedAt }: Data) => finishedAt;

describe('a drain', () => {
  it('goes on in another process when its own stops, and ends once', async () => {
    const [first] = running as [Platform];
    await cluster.run('moved', 2, { budget: true });
    const { id } = await cluster.drain(first.admin);
    await cluster.until(first.admin, id, blocked);
    const [second, third] = [await start(), await start()];
    await stop(first);
    cluster.allow('moved');
    const done = await cluster.until(second.admin, id, finished);
    expect(done).toMatchObject({ state: 'SUCCEEDED', podCounts: { total: 2, done: 2 } });
    expect(await endsOf(third, cluster.clusterId)).toHaveLength(1);
    await stop(third);
  });

  it('is resumed at the next start when there is no other', async () => {
    const [only] = running as [Platform];
    await cluster.run('resumed', 1, { budget: true });
    const { id } = await cluster.drain(only.admin);
    await cluster.until(only.admin, id, blocked);
    await stop(only);
    cluster.allow('resumed');
    const next = await start();
    expect(await cluster.until(next.admin, id, finished)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('is taken from a process that renews no more', async () => {
    const [platform] = running as [Platform];
    await cluster.run('orphaned', 1, { budget: true });
    const { id } = await cluster.drain(platform.admin);
    await cluster.until(platform.admin, id, blocked);
    await platform.sql(
      `UPDATE clusters.node_drain SET holder = 'a dead process', held_until = now() + interval '1 second' WHERE id = $1`,
      [id],
    );
    cluster.allow('orphaned');
    expect(await cluster.until(platform.admin, id, finished)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('says that its cluster does not answer, and goes on when it does again', async () => {
    const [platform] = running as [Platform];
    await cluster.run('cut', 1, { budget: true });
    const { id } = await cluster.drain(platform.admin);
    await cluster.until(platform.admin, id, blocked);
    await proxy.refuseConnections();
    const waiting = await cluster.until(platform.admin, id, ({ problem }: Data) => problem);
    expect(waiting).toMatchObject({ state: 'RUNNING', remaining: [{ state: 'BLOCKED' }] });
    await proxy.acceptConnections();
    cluster.allow('cut');
    const done = await cluster.until(platform.admin, id, finished);
    expect(done).toMatchObject({ state: 'SUCCEEDED', problem: null });
  });

  it('ends when its cluster is unregistered', async () => {
    const [platform] = running as [Platform];
    await cluster.run('left', 1, { budget: true });
    const { id } = await cluster.drain(platform.admin);
    await cluster.until(platform.admin, id, blocked);
    await platform.admin.clusters.mutate('unregisterCluster', { clusterId: cluster.clusterId });
    const [row] = await eventually(async () => {
      const rows = await platform.sql(
        'SELECT state, outcome FROM clusters.node_drain WHERE id = $1 AND finished_at IS NOT NULL',
        [id],
      );
      return rows.length > 0 ? rows : undefined;
    });
    expect(row).toMatchObject({ state: 'FAILED', outcome: expect.stringContaining('does not exist') });
  });
});
