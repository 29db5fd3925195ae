import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { refuse } from '../../kit/fault-proxy-faults.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User } from './platform.js';

type Data = any;

let measured: Sandbox;
let bare: Sandbox;
let proxy: FaultProxy;
let platform: Platform;
let admin: User;
const ids: Record<string, string> = {};

beforeAll(async () => {
  [measured, bare] = await Promise.all([
    startSandbox({ name: 'measured', pace: 0.1, nodes: 2 }),
    startSandbox({ name: 'bare', pace: 0.1, nodes: 1, metrics: false }),
  ]);
  proxy = await FaultProxy.start(measured.url);
  platform = await startPlatform({
    origins: [measured.url, bare.url, proxy.url],
    metricsTimes: { intervalMs: 1_100 },
  });
  admin = platform.admin;
  const register = async (name: string, server: string, token: string) => {
    const input = { name, infrastructure: 'OTHER', server, token };
    ids[name] = (await admin.clusters.mutate('registerCluster', input, 'cluster { id }')).cluster.id;
  };
  await register('measured', measured.url, measured.token);
  await register('bare', bare.url, bare.token);
  await register('proxied', proxy.url, measured.token);
});
afterAll(async () => {
  await platform?.dispose();
  await proxy?.dispose();
  await Promise.all([measured?.dispose(), bare?.dispose()]);
});

const ofMetrics = ({ path }: { path: string }) => path.startsWith('/apis/metrics.k8s.io/');
const fields = `usage { cpuCores memoryBytes pods storageBytes } usageUnavailable { reason message }
  usageHistory { at cpuCores memoryBytes }`;
const cluster = async (name: string): Promise<Data> =>
  (
    await admin.clusters.query(
      `query ($id: ID!) { cluster(id: $id) { ${fields} nodes { nodes { name ${fields} } } } }`,
      { id: ids[name] },
    )
  ).cluster;

describe('what is used on a cluster with metrics', () => {
  it('is there for each node and for all together, with a history that grows by the clock', async () => {
    const sumOf = (read: Data): number =>
      read.nodes.nodes.reduce(
        (sum: number, { usageHistory }: Data) => sum + (usageHistory.at(-1)?.cpuCores ?? Number.NaN),
        0,
      );
    const found = await eventually(async () => {
      const read = await cluster('measured');
      // A poll may come between the total and the nodes of one answer.
      return read.usageHistory.length >= 3 && Math.abs(sumOf(read) - read.usage.cpuCores) < 1e-9 && read;
    });
    expect(found.usageUnavailable).toBeNull();
    expect(found.usage).toMatchObject({ pods: null, storageBytes: null });
    expect(found.nodes.nodes.map(({ name }: Data) => name)).toEqual(['node-1', 'node-2']);
    const nodes: Data[] = found.nodes.nodes;
    for (const node of nodes) {
      expect(node.usageUnavailable).toBeNull();
      expect(node.usage.memoryBytes).toBeGreaterThan(0);
    }
    expect(found.usageHistory.at(-1)).toMatchObject({
      cpuCores: found.usage.cpuCores,
      memoryBytes: found.usage.memoryBytes,
    });
    const times = found.usageHistory.map(({ at }: Data) => Date.parse(at));
    expect(times).toEqual([...new Set(times)].sort());
  });

  it('costs one poll at a time, whoever asks and however often', async () => {
    await cluster('measured');
    const before = measured.requests.count(ofMetrics);
    const started = Date.now();
    await Promise.all(Array.from({ length: 100 }, () => cluster('measured')));
    // Both registrations of this sandbox are polled; each interval may end while we ask.
    const intervals = Math.ceil((Date.now() - started) / 900) + 1;
    expect(measured.requests.count(ofMetrics) - before).toBeLessThanOrEqual(2 * intervals);
  });
});

describe('what is used on a cluster without metrics', () => {
  it('is null with the reason, and the cluster is not asked again soon', async () => {
    const found = await cluster('bare');
    expect(found).toMatchObject({
      usage: null,
      usageUnavailable: { reason: 'NOT_INSTALLED', message: expect.stringContaining('metrics-server') },
      usageHistory: [],
      nodes: { nodes: [{ usage: null, usageUnavailable: { reason: 'NOT_INSTALLED' }, usageHistory: [] }] },
    });
    const asked = bare.requests.count(ofMetrics);
    for (let reader = 0; reader < 50; reader++) await cluster('bare');
    expect(bare.requests.count(ofMetrics)).toBe(asked);
    expect(asked).toBe(1);
  });
});

describe('what is used on a cluster whose metrics break', () => {
  it('is null with the reason, while the rest of the cluster is served', async () => {
    const heal = proxy.inject(
      ({ url }) => url.pathname.startsWith('/apis/metrics.k8s.io/'),
      refuse(503, 'ServiceUnavailable'),
    );
    const found = await eventually(async () => {
      const read = await cluster('proxied');
      return read.usageUnavailable && read.nodes.nodes.length === 2 && read;
    });
    expect(found).toMatchObject({ usage: null, usageUnavailable: { reason: 'NOT_WORKING' } });
    heal();
  });
});
