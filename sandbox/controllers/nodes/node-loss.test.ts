import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deploymentDraft, type SimulatedCluster, simulateCluster } from '../../kubelet/simulated-cluster.js';
import { findCondition, isPodReady } from '../pod-condition.js';

const FAULT = 'sandbox.meridian.dev/fault';

describe('a node', () => {
  let cluster: SimulatedCluster;
  beforeEach(() => {
    cluster = simulateCluster({ nodes: 3 });
  });
  afterEach(() => cluster.dispose());

  const node = (name = 'node-1') => cluster.api.get('nodes', undefined, name);
  const afflict = (fault: string | undefined, name = 'node-1') => {
    const draft = structuredClone(node(name)) as any;
    draft.metadata.annotations = fault ? { [FAULT]: fault } : {};
    cluster.api.update('nodes', draft);
  };
  const ready = (name = 'node-1'): string | undefined => {
    const found = node(name);
    return found && findCondition(found, 'Ready')?.status;
  };
  const taints = (): string[] =>
    (node()?.['spec'].taints ?? []).map(({ key, effect }: any) => `${key}:${effect}`).sort();
  const podOn = (name = 'node-1') =>
    cluster.pods('web').find((pod) => pod['spec'].nodeName === name && pod['status'].phase !== 'Failed');
  const run = async (spec: object = {}) => {
    cluster.api.create('deployments', deploymentDraft('web', { replicas: 3, template: { spec } }));
    await cluster.until(() => cluster.pods('web').filter(isPodReady).length === 3);
  };

  it('renews its lease every ten seconds, and nothing else', async () => {
    await cluster.clock.advance(1000);
    const writes = ['nodes', 'pods', 'leases'].map((resource) => cluster.record(resource));
    await cluster.clock.advance(60_000);
    expect(writes.map((seen) => seen.length)).toEqual([0, 0, 18]);
  });

  it('that stops heart-beating is NotReady after 40 seconds, tainted, and its pods are not ready', async () => {
    await run();
    afflict('lost');
    await cluster.clock.advance(28_000);
    expect(ready()).toBe('True');
    await cluster.clock.advance(13_000);
    expect(ready()).toBe('Unknown');
    expect(findCondition(node() as any, 'Ready')).toMatchObject({
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    expect(taints()).toEqual([
      'node.kubernetes.io/unreachable:NoExecute',
      'node.kubernetes.io/unreachable:NoSchedule',
    ]);
    expect(podOn()?.['status']).toMatchObject({ phase: 'Running' });
    expect(isPodReady(podOn() as any)).toBe(false);
    await cluster.until(() => cluster.api.get('deployments', 'demo', 'web')?.['status'].readyReplicas === 2);
  });

  it('loses its pods after their toleration; they stay Terminating until it returns', async () => {
    await run();
    const lost = podOn()?.metadata.name as string;
    afflict('lost');
    await cluster.clock.advance(345_000);
    expect(cluster.api.get('pods', 'demo', lost)?.metadata.deletionTimestamp).toBeDefined();
    expect(findCondition(cluster.api.get('pods', 'demo', lost) as any, 'DisruptionTarget')).toMatchObject({
      reason: 'DeletionByTaintManager',
    });
    await cluster.until(() => cluster.api.get('deployments', 'demo', 'web')?.['status'].readyReplicas === 3);
    await cluster.clock.advance(600_000);
    expect(cluster.api.get('pods', 'demo', lost)).toBeDefined();

    afflict(undefined);
    await cluster.until(() => ready() === 'True' && taints().length === 0);
    await cluster.until(() => cluster.api.get('pods', 'demo', lost) === undefined);
  });

  it('that returns in time keeps its pods', async () => {
    await run();
    const pod = podOn();
    afflict('lost');
    await cluster.clock.advance(100_000);
    afflict(undefined);
    await cluster.until(() => ready() === 'True' && isPodReady(podOn() as any));
    await cluster.clock.advance(600_000);
    expect(podOn()?.metadata.uid).toBe(pod?.metadata.uid);
  });

  it('that is deleted takes its pods along', async () => {
    await run();
    const lost = podOn()?.metadata.name as string;
    afflict('lost');
    await cluster.clock.advance(60_000);
    cluster.api.remove('nodes', undefined, 'node-1');
    await cluster.until(() => cluster.api.get('pods', 'demo', lost) === undefined);
    await cluster.until(() => cluster.pods('web').filter(isPodReady).length === 3);
  });

  it('evicts pods with tolerationSeconds of their own when those are over', async () => {
    const toleration = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
    await run({
      tolerations: ['not-ready', 'unreachable'].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        ...toleration,
      })),
    });
    afflict('lost');
    await cluster.clock.advance(50_000);
    expect(podOn()?.metadata.deletionTimestamp).toBeDefined();
  });

  it('under memory pressure is tainted and evicts what uses more than it asked for', async () => {
    await run();
    const victim = podOn();
    afflict('memory-pressure');
    await cluster.until(() => taints().includes('node.kubernetes.io/memory-pressure:NoSchedule'));
    const read = () => cluster.api.get('pods', 'demo', victim?.metadata.name ?? '');
    await cluster.until(() => read()?.['status'].phase === 'Failed');
    expect(read()?.['status']).toMatchObject({ reason: 'Evicted' });
    expect(read()?.['status'].message).toMatch(
      /^The node was low on resource: memory\. Threshold quantity: 100Mi/,
    );
    await cluster.until(() => cluster.pods('web').filter(isPodReady).length === 3);
  });

  it.each([
    ['disk-pressure', 'DiskPressure', 'True', ['node.kubernetes.io/disk-pressure:NoSchedule']],
    ['pid-pressure', 'PIDPressure', 'True', ['node.kubernetes.io/pid-pressure:NoSchedule']],
    [
      'not-ready',
      'Ready',
      'False',
      ['node.kubernetes.io/not-ready:NoExecute', 'node.kubernetes.io/not-ready:NoSchedule'],
    ],
  ])(
    'with the fault %s reports %s=%s and is tainted, until it is well again',
    async (fault, type, status, expected) => {
      afflict(fault);
      await cluster.until(() => findCondition(node() as any, type)?.status === status);
      await cluster.until(() => taints().length === expected.length);
      expect(taints()).toEqual(expected);
      afflict(undefined);
      await cluster.until(
        () => findCondition(node() as any, type)?.status !== status && taints().length === 0,
      );
    },
  );

  it('that is not ready keeps its pods as long as they tolerate it', async () => {
    await run();
    const pod = podOn();
    afflict('not-ready');
    await cluster.clock.advance(280_000);
    const read = () => cluster.api.get('pods', 'demo', pod?.metadata.name ?? '');
    expect(read()?.['status'].phase).toBe('Running');
    expect(read()?.metadata.deletionTimestamp).toBeUndefined();
    await cluster.until(() => read() === undefined);
  });

  it('that cannot reach the registry runs no image that it does not have', async () => {
    for (const name of ['node-1', 'node-2', 'node-3']) afflict('registry-unreachable', name);
    cluster.api.create('pods', {
      metadata: { name: 'web-new', namespace: 'demo' },
      spec: { containers: [{ name: 'main', image: 'registry.example/shop/orders:1' }] },
    });
    const waiting = () =>
      cluster.api.get('pods', 'demo', 'web-new')?.['status'].containerStatuses?.[0].state.waiting;
    await cluster.until(() => waiting()?.reason === 'ImagePullBackOff');
    expect(waiting().message).toContain('connection refused');
  });

  it('that is cordoned is tainted, keeps its pods and gets no new ones', async () => {
    await run();
    const draft = structuredClone(node()) as any;
    draft.spec.unschedulable = true;
    cluster.api.update('nodes', draft);
    await cluster.until(() => taints().length === 1);
    expect(taints()).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']);
    const [pod] = cluster.pods('web').filter(({ spec }) => spec.nodeName === 'node-1');
    cluster.api.remove('pods', 'demo', pod?.metadata.name ?? '');
    await cluster.until(() => cluster.pods('web').filter(isPodReady).length === 3 && !podOn());
  });
});
