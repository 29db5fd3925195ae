import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCondition } from '../controllers/pod-condition.js';
import { type SimulatedCluster, simulateCluster } from './simulated-cluster.js';

const FAULT = 'sandbox.meridian.dev/fault';

describe('a pod', () => {
  let cluster: SimulatedCluster;
  beforeEach(() => {
    cluster = simulateCluster();
  });
  afterEach(() => cluster.dispose());

  const run = (annotations: Record<string, string>, container: object = {}, spec: object = {}) =>
    cluster.api.create('pods', {
      metadata: { name: 'web', namespace: 'demo', annotations },
      spec: { containers: [{ name: 'main', image: 'nginx:1.27', ...container }], ...spec },
    });
  const pod = () => cluster.api.get('pods', 'demo', 'web');
  const container = (list = 'containerStatuses') => pod()?.['status'][list]?.[0];
  const messages = (): string[] => cluster.events('Pod').map((event) => event['message']);

  it.each([
    ['image-pull', 'registry.example/shop/orders:1', 'pull access denied'],
    ['image-denied', 'registry.example/shop/orders:1', 'insufficient_scope: authorization failed'],
    [
      'registry-unreachable',
      'registry.example/shop/orders:1',
      'failed to do request: Head "https://registry.example/v2/shop/orders/manifests/1": dial tcp 192.0.2.1:443: connect: connection refused',
    ],
    [undefined, 'registry.example/shop/orders:missing', 'registry.example/shop/orders:missing: not found'],
  ])('with the pull fault %s says why %s cannot be pulled', async (fault, image, text) => {
    run(fault ? { [FAULT]: fault } : {}, { image });
    await cluster.until(() => container()?.state.waiting?.reason === 'ImagePullBackOff');
    expect(container().state.waiting.message).toContain(text);
  });

  it('whose volume does not mount stays in ContainerCreating and says so', async () => {
    run({ [FAULT]: 'mount-error' });
    await cluster.until(() =>
      messages().some((message) => message.startsWith('MountVolume.MountDevice failed')),
    );
    expect(container().state.waiting.reason).toBe('ContainerCreating');
  });

  it('is evicted when its annotation says so, and is not started again', async () => {
    run({});
    await cluster.until(() => container()?.ready === true);
    cluster.change('pods', 'web', (draft) => {
      draft.metadata['annotations'] = { [FAULT]: 'evicted' };
    });
    await cluster.until(() => pod()?.['status'].phase === 'Failed');
    expect(pod()?.['status']).toMatchObject({ reason: 'Evicted' });
    expect(findCondition(pod() as any, 'DisruptionTarget')).toMatchObject({ reason: 'TerminationByKubelet' });
  });

  it('is refused by every node while its annotation says so', async () => {
    run({ [FAULT]: 'unschedulable' });
    await cluster.until(() => findCondition(pod() as any, 'PodScheduled')?.status === 'False');
    cluster.change('pods', 'web', (draft) => {
      draft.metadata['annotations'] = {};
    });
    await cluster.until(() => container()?.ready === true);
  });

  it('whose program never starts is killed by its startup probe, not by the others', async () => {
    const probe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1, failureThreshold: 3 };
    run({ [FAULT]: 'failing-startup' }, { startupProbe: probe, readinessProbe: probe, livenessProbe: probe });
    await cluster.until(() => container()?.restartCount === 1);
    expect(messages()).toContain('Container main failed startup probe, will be restarted');
    expect(messages().some((message) => message.startsWith('Readiness probe failed'))).toBe(false);
  });

  it('becomes ready only after its startup probe succeeded', async () => {
    const probe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1, failureThreshold: 60 };
    run({ 'sandbox.meridian.dev/ready-seconds': '20' }, { startupProbe: probe, readinessProbe: probe });
    await cluster.until(() => container()?.state.running !== undefined);
    await cluster.clock.advance(15_000);
    expect(container()).toMatchObject({ started: false, ready: false });
    await cluster.until(() => container().ready === true);
    expect(container()).toMatchObject({ started: true, restartCount: 0 });
  });

  it('runs as long as its annotation says, with the exit code of the annotation', async () => {
    run({ 'sandbox.meridian.dev/exit-after-seconds': '30', 'sandbox.meridian.dev/exit-code': '7' });
    await cluster.until(() => container()?.state.running !== undefined);
    await cluster.clock.advance(25_000);
    expect(container().restartCount).toBe(0);
    await cluster.until(() => container().lastState.terminated?.exitCode === 7);
  });

  it('afflicts only the container that the annotation names', async () => {
    run(
      { [FAULT]: 'side:crash-loop' },
      {},
      {
        containers: ['main', 'side'].map((name) => ({ name, image: 'nginx:1.27' })),
      },
    );
    const byName = (name: string) =>
      pod()?.['status'].containerStatuses?.find((status: any) => status.name === name);
    await cluster.until(() => byName('side')?.state.waiting?.reason === 'CrashLoopBackOff');
    expect(byName('main')).toMatchObject({ restartCount: 0, ready: true });
  });

  it('gives its preStop hook time before it is told to end', async () => {
    run({}, { lifecycle: { preStop: { sleep: { seconds: 8 } } } });
    await cluster.until(() => container()?.ready === true);
    const start = cluster.clock.now();
    cluster.api.remove('pods', 'demo', 'web');
    await cluster.until(() => pod() === undefined);
    expect(cluster.clock.now() - start).toBeGreaterThan(8000);
    expect(cluster.clock.now() - start).toBeLessThan(15_000);
  });

  it('that ignores SIGTERM is killed after its grace time', async () => {
    run({ [FAULT]: 'ignore-term' }, {}, { terminationGracePeriodSeconds: 5 });
    await cluster.until(() => container()?.ready === true);
    const seen = cluster.record('pods');
    cluster.api.remove('pods', 'demo', 'web');
    await cluster.until(() => pod() === undefined);
    const ends = seen.map(({ object }) => object['status'].containerStatuses[0].state.terminated?.exitCode);
    expect(ends).toContain(137);
  });

  it('starts its sidecar before and ends it after the main container', async () => {
    run({}, {}, { initContainers: [{ name: 'proxy', image: 'redis:7', restartPolicy: 'Always' }] });
    const seen = cluster.record('pods');
    await cluster.until(() => container()?.ready === true);
    cluster.api.remove('pods', 'demo', 'web');
    await cluster.until(() => pod() === undefined);
    const states = seen.map(({ object: { status } }) =>
      [status.initContainerStatuses, status.containerStatuses]
        .map((list) => Object.keys(list?.[0].state ?? {})[0] ?? '-')
        .join(' '),
    );
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual(
      expect.arrayContaining([
        'running waiting',
        'running running',
        'running terminated',
        'terminated terminated',
      ]),
    );
  });
});
