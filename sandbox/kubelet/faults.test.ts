import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSteering } from './faults.js';
import { parseImage } from './image.js';
import { type SimulatedCluster, simulateCluster } from './simulated-cluster.js';

describe('a fault', () => {
  let cluster: SimulatedCluster;
  beforeEach(() => {
    cluster = simulateCluster();
  });
  afterEach(() => cluster.dispose());

  const probe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1, failureThreshold: 2 };
  const run = (annotations: Record<string, string>, image = 'nginx:1.27') =>
    cluster.api.create('pods', {
      metadata: { name: 'web', namespace: 'demo', annotations },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          { name: 'main', image, readinessProbe: probe, livenessProbe: { ...probe, initialDelaySeconds: 3 } },
        ],
      },
    });
  const container = () => cluster.pods()[0]?.['status'].containerStatuses?.[0];
  const waiting = (): string | undefined => container()?.state.waiting?.reason;

  it.each([
    [{ 'sandbox.meridian.dev/fault': 'image-pull' }, 'nginx:1.27', 'ImagePullBackOff'],
    [{}, 'registry.example/shop/does-not-exist:1.0', 'ImagePullBackOff'],
    [{}, 'registry.example/shop/orders:missing', 'ImagePullBackOff'],
    [{ 'sandbox.meridian.dev/fault': 'crash-loop' }, 'nginx:1.27', 'CrashLoopBackOff'],
    [{}, 'registry.example/shop/orders:crashloop', 'CrashLoopBackOff'],
    [{ 'sandbox.meridian.dev/fault': 'config-error' }, 'nginx:1.27', 'CreateContainerConfigError'],
  ])('by %j on %s leads to %s', async (annotations, image, reason) => {
    run(annotations, image);
    await cluster.until(() => waiting() === reason);
  });

  it.each([
    [{ 'sandbox.meridian.dev/fault': 'slow-pull' }, 30],
    [{ 'sandbox.meridian.dev/pull-seconds': '7' }, 7],
    [{ 'sandbox.meridian.dev/start-seconds': '12' }, 12],
  ])('by %j delays the start of the container by %d seconds', async (annotations, seconds) => {
    run(annotations, 'registry.example/shop/orders:1');
    await cluster.until(() => container() !== undefined);
    await cluster.clock.advance(seconds * 1000 - 1000);
    expect(waiting()).toBe('ContainerCreating');
    await cluster.clock.advance(5000);
    expect(container().state.running).toBeDefined();
  });

  it('of memory ends the container with 137', async () => {
    run({}, 'registry.example/shop/orders:oom');
    await cluster.until(() => container()?.lastState.terminated?.reason === 'OOMKilled');
    expect(container().lastState.terminated.exitCode).toBe(137);
  });

  it('never-ready leaves the container running and unready, with the probe told', async () => {
    run({ 'sandbox.meridian.dev/fault': 'never-ready' });
    await cluster.clock.advance(60_000);
    expect(container()).toMatchObject({ ready: false, started: true, restartCount: 0 });
    expect(cluster.events('Pod').map((event) => event['message'])).toContain(
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    );
  });

  it('can be put on a running pod and taken away again', async () => {
    run({});
    await cluster.until(() => container()?.ready === true);
    const annotate = (value: string | undefined) =>
      cluster.change('pods', 'web', (draft) => {
        draft.metadata['annotations'] = value ? { 'sandbox.meridian.dev/fault': value } : {};
      });
    annotate('never-ready');
    await cluster.until(() => container().ready === false);
    annotate(undefined);
    await cluster.until(() => container().ready === true);
    annotate('failing-liveness');
    await cluster.until(() => container().restartCount > 0);
  });

  it('slow-start and the durations of annotations move the time of readiness', async () => {
    const timeToReady = async (annotations: Record<string, string>): Promise<number> => {
      const start = cluster.clock.now();
      run(annotations);
      await cluster.until(() => container()?.ready === true);
      const took = cluster.clock.now() - start;
      cluster.api.remove('pods', 'demo', 'web', { gracePeriodSeconds: 0 });
      return took;
    };
    const prompt = await timeToReady({});
    const durations = { pull: '5', start: '3', ready: '2' };
    const annotations = Object.fromEntries(
      Object.entries(durations).map(([what, seconds]) => [`sandbox.meridian.dev/${what}-seconds`, seconds]),
    );
    // The image is on the node by now, so pull-seconds has nothing to slow down.
    expect((await timeToReady(annotations)) - prompt).toBeGreaterThan(2000);
    expect(await timeToReady({ 'sandbox.meridian.dev/ready-seconds': '4' })).toBeGreaterThan(4000);
    expect(prompt).toBeLessThan(4000);
  });

  it('ends a crashing program with lines that say why, kept as its previous log', async () => {
    run({}, 'registry.example/shop/orders:crash');
    await cluster.until(() => waiting() === 'CrashLoopBackOff');
    const [pod] = cluster.pods();
    const log = pod && cluster.runtime.log(pod, 'main', { previous: true });
    expect(
      log
        ?.history()
        .map(({ text }) => text)
        .join('\n'),
    ).toContain('DATABASE_URL is not set');
  });
});

describe('a word in the name of an image', () => {
  it.each([
    ['shop/does-not-exist:1', 'image-pull'],
    ['shop/orders:missing', 'image-pull'],
    ['shop/denied:1', 'image-denied'],
    ['shop/orders:unauthorized', 'image-denied'],
    ['unreachable.example/shop/orders:1', 'registry-unreachable'],
    ['shop/orders:slow-pull', 'slow-pull'],
    ['shop/orders:crash', 'crash-loop'],
    ['shop/crashloop:1', 'crash-loop'],
    ['shop/orders:oom', 'oom'],
    ['shop/orders:slow', 'slow-start'],
    ['shop/never-ready:1', 'never-ready'],
    ['shop/orders:unready', 'never-ready'],
    ['shop/orders:unlive', 'failing-liveness'],
    ['shop/never-started:1', 'failing-startup'],
    ['shop/rooms:slowly', undefined],
  ])('in %s means the fault %s', (image, fault) => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', uid: '1', resourceVersion: '1' } };
    expect(readSteering(pod as any, 'main', parseImage(image)).fault).toBe(fault);
  });
});
