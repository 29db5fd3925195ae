import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User } from './platform.js';

type Data = any;

let sandbox: Sandbox;
let platform: Platform;
let admin: User;
let clusterId: string;

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'nodes', pace: 0.1, nodes: 4 });
  platform = await startPlatform({ origins: [sandbox.url] });
  admin = platform.admin;
  const input = { name: 'nodes', infrastructure: 'OTHER', kubeconfig: sandbox.kubeconfig };
  clusterId = (await admin.clusters.mutate('registerCluster', input, 'cluster { id }')).cluster.id;
});
afterAll(async () => {
  await platform?.dispose();
  await sandbox?.dispose();
});

const cluster = async (selection: string, asker = admin): Promise<Data> =>
  (await asker.clusters.query(`query ($id: ID!) { cluster(id: $id) { ${selection} } }`, { id: clusterId }))
    .cluster;
const names = async (args: string): Promise<string> => {
  const { nodes } = await cluster(`nodes(${args}) { nodes { name } }`);
  return nodes.nodes.map(({ name }: Data) => name).join();
};

describe('the nodes of a cluster', () => {
  it('say what they are, what they have and how they are', async () => {
    const { node } = await cluster(`node(name: "node-1") {
      name ready notReadyReason unschedulable pressures roles labels taints { key effect } createdAt
      kubeletVersion containerRuntimeVersion operatingSystem osImage kernelVersion architecture
      internalAddress addresses { type address } capacity { cpuCores } allocatable { memoryBytes pods }
      conditions { type status since } drain { id } }`);
    expect(node).toMatchObject({
      name: 'node-1',
      ready: true,
      notReadyReason: null,
      unschedulable: false,
      pressures: [],
      labels: { 'kubernetes.io/hostname': 'node-1' },
      taints: [],
      kubeletVersion: 'v1.36.2',
      operatingSystem: 'linux',
      architecture: 'amd64',
      capacity: { cpuCores: 8 },
      allocatable: { memoryBytes: 32 * 1024 ** 3, pods: 110 },
      drain: null,
    });
    for (const field of ['createdAt', 'containerRuntimeVersion', 'osImage', 'kernelVersion']) {
      expect(node[field]).toBeTruthy();
    }
    expect(node.addresses).toContainEqual({ type: 'InternalIP', address: node.internalAddress });
    expect(node.conditions.map(({ type }: Data) => type)).toContain('Ready');
    expect((await cluster('node(name: "node-9") { name }')).node).toBeNull();
  });

  it('are paged, filtered and ordered', async () => {
    const first = await cluster(
      'nodes(first: 3) { totalCount nodes { name } pageInfo { hasNextPage endCursor } }',
    );
    expect(first.nodes).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } });
    expect(await names(`first: 3, after: "${first.nodes.pageInfo.endCursor}"`)).toBe('node-4');
    expect(await names('filter: { label: ["topology.kubernetes.io/zone=sandbox-a"] }')).toBe('node-1,node-4');
    expect(await names('filter: { search: "NODE-2" }')).toBe('node-2');
    expect(await names('filter: { ready: false }')).toBe('');
    expect(await names('filter: { role: ["control-plane"] }')).toBe('');
    expect(await names('orderBy: { field: NAME, direction: DESC }')).toBe('node-4,node-3,node-2,node-1');
    const { errors } = await admin.clusters.send(
      'query ($id: ID!) { cluster(id: $id) { nodes(filter: { label: [""] }) { totalCount } } }',
      { id: clusterId },
    );
    expect(errors[0].originalError.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('say what their pods have asked for, and how many there are', async () => {
    sandbox.api.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'busy', namespace: 'default' },
      spec: {
        nodeName: 'node-3',
        initContainers: [
          {
            name: 'proxy',
            image: 'nginx',
            restartPolicy: 'Always',
            resources: { requests: { cpu: '100m' } },
          },
          { name: 'setup', image: 'busybox', resources: { requests: { cpu: '2' } } },
        ],
        containers: [{ name: 'a', image: 'nginx', resources: { requests: { cpu: '300m', memory: '64Mi' } } }],
      },
    });
    const fields = 'requested { cpuCores memoryBytes pods } podCounts { total }';
    const { node } = await eventually(async () => {
      const found = await cluster(`node(name: "node-3") { ${fields} }`);
      return found.node.podCounts.total === 1 && found;
    });
    expect(node.requested).toEqual({ cpuCores: 2.1, memoryBytes: 64 * 1024 ** 2, pods: 1 });
    const whole = await cluster(`${fields} nodeCounts { total ready unschedulable underPressure }`);
    expect(whole).toMatchObject({
      requested: { cpuCores: 2.1, pods: 1 },
      podCounts: { total: 1 },
      nodeCounts: { total: 4, ready: 4, unschedulable: 0, underPressure: 0 },
    });
  });

  it('are read from memory: twenty queries of everything ask the cluster nothing', async () => {
    const fields =
      'storageClasses { name } nodes { nodes { name requested { pods } podCounts { total } usage { cpuCores } drain { id } } }';
    await cluster(fields);
    // The probe goes on, and metrics are polled by the clock.
    const asked = () =>
      sandbox.requests.count(({ path }) => path.startsWith('/api/') || path.includes('storage'));
    const before = asked();
    expect(before).toBeGreaterThan(0);
    for (let query = 0; query < 20; query++) await cluster(fields);
    expect(asked()).toBe(before);
  });
});

describe('storage classes', () => {
  it('say how volumes are made and what becomes of them', async () => {
    sandbox.api.create('storageclasses', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'kept' },
      provisioner: 'rbd.csi.ceph.com',
      reclaimPolicy: 'Retain',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
      parameters: { pool: 'fast', adminSecret: 'canary-of-storage' },
    });
    const kept = await eventually(async () => {
      const { storageClasses } = await cluster(
        'storageClasses { name provisioner default expandable reclaimPolicy volumeBindingMode parameters mountOptions createdAt }',
      );
      return storageClasses.find(({ name }: Data) => name === 'kept');
    });
    expect(kept).toMatchObject({
      provisioner: 'rbd.csi.ceph.com',
      default: false,
      expandable: true,
      reclaimPolicy: 'RETAIN',
      volumeBindingMode: 'WAIT_FOR_FIRST_CONSUMER',
      parameters: { pool: 'fast' },
    });
  });
});

describe('cordoning a node', () => {
  const unschedulable = (name: string) =>
    sandbox.api.get('nodes', undefined, name)?.['spec']['unschedulable'];

  it('keeps new pods away until it is uncordoned, and is in the audit log', async () => {
    const input = { clusterId, nodeName: 'node-2', reason: 'new disks' };
    const { node } = await admin.clusters.mutate('cordonNode', input, 'node { name unschedulable }');
    expect(node).toEqual({ name: 'node-2', unschedulable: true });
    expect(unschedulable('node-2')).toBe(true);
    await eventually(async () => (await names('filter: { unschedulable: true }')) === 'node-2');
    expect(
      (await admin.clusters.mutate('cordonNode', input, 'node { unschedulable }')).node.unschedulable,
    ).toBe(true);
    expect(
      (await admin.clusters.mutate('uncordonNode', input, 'node { unschedulable }')).node.unschedulable,
    ).toBe(false);
    expect(unschedulable('node-2')).toBeUndefined();
    const [first, second] = await platform.audited('cordonNode');
    expect(first).toMatchObject({
      target_type: 'ClusterNode',
      target_id: `${clusterId}/node-2`,
      reason: 'new disks',
      result: 'DONE',
      user_id: admin.id,
      changes: [{ path: 'unschedulable', before: false, after: true }],
    });
    expect(second.changes).toEqual([]);
    expect(await platform.audited('uncordonNode')).toHaveLength(1);
  });

  it('is only tried in a dry run, and done once for one key', async () => {
    const input = { clusterId, nodeName: 'node-4' };
    const dry = await admin.clusters.mutate(
      'cordonNode',
      { ...input, dryRun: true },
      'node { unschedulable }',
    );
    expect(dry.node.unschedulable).toBe(true);
    expect(unschedulable('node-4')).toBeFalsy();
    const keyed = { ...input, idempotencyKey: 'cordon-once' };
    await admin.clusters.mutate('cordonNode', keyed);
    await admin.clusters.mutate('uncordonNode', input);
    await admin.clusters.mutate('cordonNode', keyed);
    expect(unschedulable('node-4')).toBeFalsy();
  });

  it('is refused for nodes and clusters that are not there, and for names that are none', async () => {
    const refusal = (nodeName: string, id = clusterId) =>
      admin.clusters.refusal('cordonNode', { clusterId: id, nodeName });
    expect(await refusal('node-9')).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'nodeName'] });
    expect(await refusal('node-1', 'cluster_00000000000000000000000000')).toMatchObject({
      code: 'NOT_FOUND',
      field: ['input', 'clusterId'],
    });
    for (const name of ['..', '', 'Node 1', 'a/../b']) {
      expect(await refusal(name)).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'nodeName'] });
    }
  });

  it('needs a permission of its own', async () => {
    const viewer = await platform.user({ role: 'viewer' });
    const input = { clusterId, nodeName: 'node-1' };
    for (const mutation of ['cordonNode', 'uncordonNode', 'drainNode']) {
      expect(await viewer.clusters.refusal(mutation, input)).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(unschedulable('node-1')).toBeFalsy();
    expect(
      (
        await platform.anonymous.clusters.send(
          'mutation ($input: CordonNodeInput!) { cordonNode(input: $input) { node { name } } }',
          { input },
        )
      ).errors[0].originalError.extensions.code,
    ).toBe('UNAUTHENTICATED');
  });
});
