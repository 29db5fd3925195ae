import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeededService } from '../../kit/seed.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import {
  type Illness,
  type ManyClusters,
  type RegisteredCluster,
  startManyClusters,
} from './many-clusters.js';

const illnesses: readonly Illness[] = [
  ...Array<Illness>(5).fill('DEAD'),
  ...Array<Illness>(5).fill('HANGING'),
  ...Array<Illness>(3).fill('SLOW'),
  ...Array<Illness>(4).fill('FAILING'),
  ...Array<Illness>(3).fill('LYING'),
  ...Array<Illness>(2).fill('FLOODING'),
  ...Array<Illness>(3).fill('DRIPPING'),
];

let many: ManyClusters;
let healthy: readonly RegisteredCluster[];
let ill: readonly { cluster: RegisteredCluster; illness: Illness }[];
let alive: SeededService & { deploymentId: string };
let struck: SeededService & { deploymentId: string };

beforeAll(async () => {
  many = await startManyClusters(50);
  healthy = many.clusters.slice(illnesses.length);
  ill = illnesses.map((illness, i) => ({ cluster: many.clusters[i] as RegisteredCluster, illness }));
  const { seed } = many.stack;
  const on = async ({ id }: RegisteredCluster) =>
    seed.runningService({ environment: await seed.environment({ clusterId: id }) });
  // One service on a healthy cluster, one on a cluster that will hang; environments on some of every kind.
  [alive, struck] = await Promise.all([
    on(healthy[0] as RegisteredCluster),
    on(ill.find(({ illness }) => illness === 'HANGING')?.cluster as RegisteredCluster),
  ]);
  for (const { cluster } of ill.filter((_, i) => i % 3 === 0)) {
    await seed.environment({ clusterId: cluster.id });
  }
  for (const cluster of healthy.slice(1, 8)) await seed.environment({ clusterId: cluster.id });
  await Promise.all(ill.map(({ cluster, illness }) => many.breakDown(cluster, illness)));
}, 240_000);
afterAll(() => many?.dispose());

const observed = 'observed { stale observedAt error { code message } cluster { id } }';
const everything = `{
  clusters(first: 100) { totalCount nodes { id name status statusReason nodes { totalCount } ${observed} } }
  projects(first: 100) { nodes { environments { id status ${observed} } } }
  services { nodes { id status pods { totalCount nodes { name } } ${observed} } } }`;

async function ask(document: string): Promise<{ data: any; seconds: number }> {
  const watch = new Stopwatch();
  const data = await many.stack.admin.query(document);
  return { data, seconds: watch.seconds };
}

function expectHealthyWhole(data: any): void {
  for (const { id } of healthy) {
    expect(data.clusters.nodes.find((cluster: any) => cluster.id === id)).toMatchObject({
      status: 'READY',
      nodes: { totalCount: 2 },
      observed: { stale: false, error: null, cluster: { id } },
    });
  }
  expect(data.services.nodes.find(({ id }: any) => id === alive.serviceId)).toMatchObject({
    status: 'HEALTHY',
    pods: { totalCount: 2 },
    observed: { stale: false, error: null },
  });
}

describe('of fifty clusters twenty-five are dead, hanging, slow, failing, lying, flooding or dripping', () => {
  it('a query over all of them answers in bounded time, with all of the healthy ones', async () => {
    const { data, seconds } = await ask(everything);
    // Nothing of the broken ones was read before: this is the longest that anybody waits for them.
    expect(seconds).toBeLessThan(11);
    expect(data.clusters.totalCount).toBe(50);
    await eventually(async () => {
      const again = (await ask(everything)).data;
      return healthy.every(
        ({ id }) => !again.clusters.nodes.find((cluster: any) => cluster.id === id).observed.stale,
      );
    });
    expectHealthyWhole((await ask(everything)).data);
  });

  it('each broken one says what is wrong with it, in a code from the list and without its address', async () => {
    const told = await eventually(
      async () => {
        const { data } = await ask(everything);
        const broken = ill
          .filter(({ illness }) => illness !== 'SLOW')
          .map(({ cluster, illness }) => ({
            illness,
            ...data.clusters.nodes.find(({ id }: any) => id === cluster.id),
          }));
        return broken.every(({ status, observed: { stale } }) => stale && status === 'UNREACHABLE')
          ? broken
          : undefined;
      },
      { seconds: 55, what: 'all broken clusters are known to be' },
    );
    for (const { observed: said, statusReason } of told) {
      expect(said.error.code).toMatch(/^(CLUSTER_UNAVAILABLE|TIMEOUT|TOO_LARGE)$/);
      expect(`${said.error.message} ${statusReason}`).not.toMatch(/127\.0\.0\.1|localhost/);
    }
    expectHealthyWhole((await ask(everything)).data);
  });

  it('what lives on broken ones is shown as last known and marked, environments and services alike', async () => {
    const broken = new Map<string, Illness>(
      ill.filter(({ illness }) => illness !== 'SLOW').map(({ cluster, illness }) => [cluster.id, illness]),
    );
    let wrong: unknown[] = [];
    const data = await eventually(
      async () => {
        const answer = (await ask(everything)).data;
        const environments = answer.projects.nodes.flatMap((project: any) => project.environments);
        expect(environments.length).toBeGreaterThan(15);
        wrong = environments
          .filter(
            (env: any) =>
              env.observed.stale !== broken.has(env.observed.cluster.id) || env.status !== 'READY',
          )
          .map((env: any) => [env.status, env.observed, broken.get(env.observed.cluster.id)]);
        return wrong.length === 0 ? answer : undefined;
      },
      { seconds: 55, what: 'exactly what is on broken clusters is marked' },
    ).catch((error) => {
      throw new Error(`${String(error)}: ${JSON.stringify(wrong)}`);
    });
    expect(data.services.nodes.find(({ id }: any) => id === struck.serviceId)).toMatchObject({
      status: 'UNKNOWN',
      pods: { totalCount: 2 },
      observed: { stale: true, error: { code: expect.any(String) } },
    });
  });

  it('work on a healthy one goes on: a rollout, its pods and a refusal elsewhere are not mixed up', async () => {
    const { seed } = many.stack;
    expect(await seed.finished(await seed.deploy(alive.serviceId, { image: 'nginx:1.28' }))).toBe(
      'SUCCEEDED',
    );
    const { errors } = await many.stack.admin.send(
      'mutation ($input: DeployInput!) { deploy(input: $input) { deployment { id } } }',
      { input: { serviceId: struck.serviceId, image: 'nginx:1.28' } },
    );
    expect(errors?.[0]?.extensions.code).toMatch(/^(CLUSTER_UNAVAILABLE|TIMEOUT)$/);
  });

  it('no broken one is asked in a storm, and none holds many sockets', () => {
    // One that refuses connections has had its last exchange long ago: count from the last of all.
    const from = Math.max(...many.clusters.map(({ proxy }) => proxy.exchanges.at(-1)?.at ?? 0)) - 10_000;
    for (const { cluster } of ill) {
      expect(cluster.proxy.sockets.size).toBeLessThan(40);
      // In the last ten seconds: a probe each ten seconds, and informers that wait ever longer.
      expect(cluster.proxy.exchanges.filter(({ at }) => at > from).length).toBeLessThan(60);
    }
  });
});
