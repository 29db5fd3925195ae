import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { everything, neverAnswer } from '../../kit/fault-proxy-faults.js';
import type { SeededService } from '../../kit/seed.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { type ProxiedCluster, type ProxiedStack, startProxiedStack } from './proxied-stack.js';

let proxied: ProxiedStack;
let broken: ProxiedCluster;
let healthy: readonly ProxiedCluster[];
let services: SeededService[];

beforeAll(async () => {
  proxied = await startProxiedStack(['amsterdam', 'berlin', 'cork']);
  const { stack, clusters } = proxied;
  [, , broken] = clusters as [ProxiedCluster, ProxiedCluster, ProxiedCluster];
  healthy = clusters.slice(0, 2);
  services = await Promise.all(
    clusters.map(async ({ id }) =>
      stack.seed.runningService({ environment: await stack.seed.environment({ clusterId: id }) }),
    ),
  );
});
afterAll(() => proxied?.dispose());
afterEach(async () => {
  broken.proxy.heal();
  await broken.proxy.acceptConnections().catch(() => undefined);
});

const overview = `{
  clusters { nodes { id name status nodes { totalCount } observed { stale error { code } cluster { id } } } }
  services { nodes { id status pods { totalCount } observed { stale error { code } cluster { id } } } } }`;

const plan = (serviceId: string | undefined) =>
  proxied.stack.admin.send(
    'query ($input: DeployInput!) { planDeployment(input: $input) { diff { path } } }',
    { input: { serviceId, image: 'nginx:1.28' } },
  );

const took = async (work: () => Promise<unknown>): Promise<number> => {
  const watch = new Stopwatch();
  await work();
  return watch.seconds;
};

async function expectOthersUntouched(): Promise<void> {
  const { clusters, services: found } = await proxied.stack.admin.query(overview);
  for (const { id } of healthy) {
    expect(clusters.nodes.find((cluster: any) => cluster.id === id)).toMatchObject({
      status: 'READY',
      nodes: { totalCount: 3 },
      observed: { stale: false, error: null },
    });
  }
  for (const { serviceId } of services.slice(0, 2)) {
    expect(found.nodes.find((service: any) => service.id === serviceId)).toMatchObject({
      status: 'HEALTHY',
      pods: { totalCount: 2 },
      observed: { stale: false, error: null },
    });
  }
}

describe('of three clusters one refuses connections (CL-1)', () => {
  it('two answer with data, the third with what was known, its error and its id, and the next answer comes at once', async () => {
    await expectOthersUntouched();
    await broken.proxy.refuseConnections();
    const stale = await eventually(async () => {
      const answer = await proxied.stack.admin.query(overview);
      const service = answer.services.nodes.find(({ id }: any) => id === services[2]?.serviceId);
      return service.observed.stale ? answer : undefined;
    });
    expect(stale.services.nodes.find(({ id }: any) => id === services[2]?.serviceId)).toMatchObject({
      status: 'UNKNOWN',
      pods: { totalCount: 2 },
      observed: { error: { code: 'CLUSTER_UNAVAILABLE' }, cluster: { id: broken.id } },
    });
    await eventually(async () => {
      const { clusters } = await proxied.stack.admin.query(overview);
      return clusters.nodes.find(({ id }: any) => id === broken.id).status === 'UNREACHABLE';
    });
    await expectOthersUntouched();
    expect(await took(() => plan(services[2]?.serviceId))).toBeLessThan(11);
    expect(await took(() => plan(services[2]?.serviceId))).toBeLessThan(2);
    expect((await plan(services[2]?.serviceId)).errors).toMatchObject([
      { extensions: { code: 'CLUSTER_UNAVAILABLE' } },
    ]);
    expect((await plan(services[0]?.serviceId)).errors).toBeUndefined();
  });

  it('is whole again by itself when that one accepts connections', async () => {
    await eventually(
      async () => {
        const { services: found, clusters } = await proxied.stack.admin.query(overview);
        return (
          found.nodes.every(({ status }: any) => status === 'HEALTHY') &&
          clusters.nodes.every(({ status }: any) => status === 'READY')
        );
      },
      { seconds: 50 },
    );
  });
});

describe('a cluster that accepts connections and never answers (CL-2)', () => {
  it('costs a call ten seconds and TIMEOUT, or RATE_LIMITED at once when too many wait, and closes every socket; others notice nothing', async () => {
    const before = broken.proxy.exchanges.length;
    const quiet = broken.proxy.inject(everything, neverAnswer);
    const startedAt = performance.now();
    let timeouts = 0;
    const call = async () => {
      const watch = new Stopwatch();
      const { errors } = await plan(services[2]?.serviceId);
      if (errors?.[0]?.extensions.code === 'TIMEOUT') timeouts++;
      return {
        code: errors?.[0]?.extensions.code,
        passed: (performance.now() - startedAt) / 1_000,
        seconds: watch.seconds,
      };
    };
    const calls = [call()];
    await eventually(() => broken.proxy.open(({ status }) => status === null).length > 0);
    expect((await plan(services[0]?.serviceId)).errors).toBeUndefined();
    // While the first waits for its deadline, and nothing else keeps the machine from being quick.
    expect(timeouts).toBe(0);
    calls.push(...Array.from({ length: 99 }, call));
    for (let i = 0; i < 4; i++) expect((await plan(services[0]?.serviceId)).errors).toBeUndefined();
    await expectOthersUntouched();
    const ends = await Promise.all(calls);
    const waited = ends.filter(({ code }) => code === 'TIMEOUT');
    expect(waited.length).toBeGreaterThan(4);
    expect(Math.min(...waited.map(({ passed }) => passed))).toBeGreaterThan(9.5);
    // Nobody waits for two deadlines.
    expect(Math.max(...waited.map(({ seconds }) => seconds))).toBeLessThan(20);
    // Lists and watches have 30 s.
    const asked = broken.proxy.exchanges
      .slice(before)
      .filter(
        ({ status, watch: isWatch, url }) => status === null && !isWatch && !url.searchParams.has('limit'),
      );
    await eventually(() => asked.every(({ open }) => !open), { what: 'every socket closed' });
    expect(Math.max(...asked.map(({ seconds = 0 }) => seconds))).toBeLessThan(10.5);
    // Those that come after the first has met its deadline are told at once that the cluster is unavailable.
    const codes = new Set<string | undefined>(['TIMEOUT', 'RATE_LIMITED', 'CLUSTER_UNAVAILABLE']);
    expect(ends.filter(({ code }) => !codes.has(code))).toEqual([]);
    // Next is the circuit breaker’s answer; one call now and then finds out whether it may close.
    await eventually(async () => {
      const [after] = (await plan(services[2]?.serviceId)).errors ?? [];
      return after?.extensions.code === 'CLUSTER_UNAVAILABLE';
    });
    quiet();
    await eventually(async () => (await plan(services[2]?.serviceId)).errors === undefined, { seconds: 50 });
    await eventually(() => broken.proxy.open(({ status }) => status === null).length === 0);
  });
});
