import { afterEach, describe, expect, it } from 'vitest';
import { type SimulatedCluster, simulateCluster } from './simulated-cluster.js';

let cluster: SimulatedCluster;
afterEach(() => cluster.dispose());

const createPod = (name: string, spec: object = {}, cpu?: string) =>
  cluster.api.create('pods', {
    metadata: { name, namespace: 'demo' },
    spec: {
      containers: [{ name: 'main', image: 'nginx:1.27', ...(cpu && { resources: { requests: { cpu } } }) }],
      ...spec,
    },
  });
const nodeOf = (name: string): string | undefined => cluster.api.get('pods', 'demo', name)?.['spec'].nodeName;
const refusal = (name: string): string | undefined =>
  cluster.api.get('pods', 'demo', name)?.['status'].conditions?.[0]?.message;
const changeNode = (name: string, spec: object) => {
  const node = structuredClone(cluster.api.get('nodes', undefined, name)) as any;
  cluster.api.update('nodes', { ...node, spec: { ...node.spec, ...spec } });
};

describe('the scheduler', () => {
  it('spreads the pods of an owner over the nodes', async () => {
    cluster = simulateCluster({ nodes: 3 });
    cluster.api.create('deployments', {
      metadata: { name: 'web', namespace: 'demo' },
      spec: {
        replicas: 6,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'main', image: 'nginx:1.27' }] },
        },
      },
    });
    await cluster.until(
      () => cluster.pods('web').length === 6 && cluster.pods('web').every(({ spec }) => spec.nodeName),
    );
    const nodes = cluster.pods('web').map(({ spec }) => spec.nodeName);
    for (const node of ['node-1', 'node-2', 'node-3'])
      expect(nodes.filter((name) => name === node)).toHaveLength(2);
  });

  it('leaves cordoned and tainted nodes alone, and says so', async () => {
    cluster = simulateCluster({ nodes: 2 });
    changeNode('node-1', { unschedulable: true });
    changeNode('node-2', { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] });
    createPod('plain');
    createPod('tolerant', { tolerations: [{ key: 'dedicated', operator: 'Exists' }] });
    await cluster.clock.advance(200);
    expect(refusal('plain')).toBe(
      '0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    );
    expect(nodeOf('tolerant')).toBe('node-2');
    changeNode('node-1', { unschedulable: false });
    await cluster.clock.advance(200);
    expect(nodeOf('plain')).toBe('node-1');
  });

  it('lets a pod wait for room and gives it the room of one that ended', async () => {
    cluster = simulateCluster({ nodes: 1 });
    createPod('first', { terminationGracePeriodSeconds: 1 }, '6');
    await cluster.clock.advance(200);
    createPod('second', {}, '6');
    await cluster.clock.advance(200);
    expect(refusal('second')).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    );
    cluster.api.remove('pods', 'demo', 'first');
    await cluster.until(() => nodeOf('second') === 'node-1');
  });

  it('removes a pod that was deleted before it had a node', async () => {
    cluster = simulateCluster({ nodes: 1 });
    createPod('huge', {}, '1000');
    await cluster.clock.advance(200);
    cluster.api.remove('pods', 'demo', 'huge');
    await cluster.until(() => cluster.pods().length === 0);
  });
});

describe('the nodes', () => {
  it('are registered ready, with addresses, capacity, zones and a version', () => {
    cluster = simulateCluster({ nodes: 3 });
    const nodes = cluster.api.list('nodes');
    expect(nodes.map(({ metadata }) => metadata.name)).toEqual(['node-1', 'node-2', 'node-3']);
    expect(new Set(nodes.map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/zone'])).size).toBe(
      3,
    );
    for (const { status } of nodes) {
      expect(status.conditions.find(({ type }: any) => type === 'Ready')).toMatchObject({ status: 'True' });
      expect(status.nodeInfo.kubeletVersion).toMatch(/^v1\.\d+\.\d+$/);
      expect(status.allocatable).toMatchObject({ cpu: '8', pods: '110' });
    }
  });
});
