import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../sandbox/controllers/clock.js';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { everything, skewDate } from '../../kit/fault-proxy-faults.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { register } from './proxied-stack.js';

const hour = 3_600_000;
const clocks = [
  { name: 'ahead', skew: hour },
  { name: 'behind', skew: -hour },
];

let stack: Stack;
let clusters: { sandbox: Sandbox; proxy: FaultProxy }[];

beforeAll(async () => {
  clusters = await Promise.all(
    clocks.map(async ({ name, skew }) => {
      const clock = Object.assign(Object.create(systemClock), { now: () => Date.now() + skew });
      const sandbox = await startSandbox({ name, pace: 0.1, nodes: 1, clock });
      const proxy = await FaultProxy.start(sandbox.url);
      proxy.inject(everything, skewDate(skew));
      return { sandbox, proxy };
    }),
  );
  stack = await startStack({
    sandboxes: 0,
    env: { MERIDIAN_CLUSTER_ORIGINS: clusters.map(({ proxy }) => proxy.url).join(',') },
  });
});
afterAll(async () => {
  await stack?.dispose();
  for (const { proxy, sandbox } of clusters ?? []) {
    await proxy.dispose();
    await sandbox.dispose();
  }
});

describe('a cluster whose clock is an hour off (CL-10)', () => {
  it.each(clocks)(
    '$name: rolls out, is fresh by our clock, and gives the log of the last minute',
    async ({ name, skew }) => {
      const { sandbox, proxy } = clusters[clocks.findIndex((candidate) => candidate.name === name)] as {
        sandbox: Sandbox;
        proxy: FaultProxy;
      };
      stack.canaries.add(`token of ${name}`, sandbox.token);
      const clusterId = await register(stack, { name, server: proxy.url, token: sandbox.token });
      const startedAt = Date.now();
      const service = await stack.seed.runningService({
        environment: await stack.seed.environment({ clusterId }),
      });
      const { service: found } = await stack.admin.query(
        `query ($id: ID!) { service(id: $id) { status observed { stale observedAt }
        pods { nodes { createdAt } } currentDeployment { createdAt finishedAt rollout { phase stalledSince } } } }`,
        { id: service.serviceId },
      );
      expect(found).toMatchObject({
        status: 'HEALTHY',
        observed: { stale: false },
        currentDeployment: { rollout: { phase: 'SUCCEEDED', stalledSince: null } },
      });
      // What we saw and did is told by our clock; what the cluster did, by its own.
      for (const text of [
        found.observed.observedAt,
        found.currentDeployment.createdAt,
        found.currentDeployment.finishedAt,
      ]) {
        expect(Date.parse(text)).toBeGreaterThanOrEqual(startedAt - 2_000);
        expect(Date.parse(text)).toBeLessThanOrEqual(Date.now() + 2_000);
      }
      expect(Date.parse(found.currentDeployment.finishedAt)).toBeGreaterThanOrEqual(
        Date.parse(found.currentDeployment.createdAt),
      );
      expect(Math.abs(Date.parse(found.pods.nodes[0].createdAt) - startedAt - skew)).toBeLessThan(120_000);

      const lines = async (since: Date) => {
        const client = stack.client(stack.admin.token);
        const all: unknown[] = [];
        const input = { serviceId: service.serviceId, follow: false, since: since.toISOString() };
        for await (const event of client.subscribe(
          'subscription ($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename ... on LogLines { lines { text } } } }',
          { input },
        )) {
          all.push(...(event.lines ?? []));
        }
        return all.length;
      };
      expect(await eventually(() => lines(new Date(startedAt - 60_000)))).toBeGreaterThan(0);
      expect(await lines(new Date(Date.now() + 60_000))).toBe(0);
    },
  );
});
