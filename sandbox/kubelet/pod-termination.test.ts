import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoreEvent } from '../storage/api.js';
import { capturedEvents, readCapture, type SimulatedCluster, simulateCluster } from './simulated-cluster.js';

const exchanges = readCapture('17-eviction-pdb').exchanges;

/** What a watcher sees of a pod's end, without times. */
const stepsOf = (events: { type: string; object: any }[]): string[] =>
  events
    .map(({ type, object: { metadata, status } }) => {
      const [container] = status.containerStatuses ?? [];
      const ended = container?.state.terminated;
      const reason = status.conditions?.find((condition: any) => condition.type === 'Ready')?.reason;
      const deletion = metadata.deletionTimestamp ? 'deleting' : '';
      return [type, status.phase, deletion, ended?.exitCode, ended?.reason, reason].join(' ');
    })
    .filter((step, index, all) => step !== all[index - 1]);

describe('deleting a pod', () => {
  let cluster: SimulatedCluster;
  let seen: StoreEvent[];

  const runPod = async (name: string, command: string[], grace = 30) => {
    cluster.api.create('pods', {
      metadata: { name, namespace: 'demo' },
      spec: {
        terminationGracePeriodSeconds: grace,
        containers: [{ name: 'main', image: 'busybox:1.37', command }],
      },
    });
    await cluster.until(() => cluster.pods()[0]?.['status'].phase === 'Running');
    seen = cluster.record('pods');
  };
  const recorded = (name: string) =>
    stepsOf(capturedEvents(exchanges.find(({ note }) => note === `watch of pod ${name} through its delete`)));
  const isGone = () => cluster.pods().length === 0;

  // Time stands still for what is loaded: the script must have set its trap when the signal comes.
  beforeAll(() => import('./shell/run-command.js'));
  beforeEach(() => {
    cluster = simulateCluster();
  });
  afterEach(() => cluster.dispose());

  it('goes through the recorded states when the process stops in time', async () => {
    await runPod('soft30', ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1; done']);
    cluster.api.remove('pods', 'demo', 'soft30');
    await cluster.until(isGone);
    expect(stepsOf(seen)).toEqual(recorded('soft30'));
  });

  it('kills a process that does not stop when the grace period is over', async () => {
    await runPod('three', ['sleep', '3600'], 3);
    const start = cluster.clock.now();
    cluster.api.remove('pods', 'demo', 'three');
    await cluster.until(isGone);
    expect(stepsOf(seen)).toEqual(recorded('three'));
    expect(cluster.clock.now() - start).toBeGreaterThanOrEqual(3000);
  });

  it('is over at once without a grace period, whatever the process does', async () => {
    await runPod('zero', ['sleep', '3600']);
    cluster.api.remove('pods', 'demo', 'zero', { gracePeriodSeconds: 0 });
    expect(isGone()).toBe(true);
    await cluster.clock.advance(5000);
    expect(stepsOf(seen).at(-1)).toMatch(/^DELETED Running/);
  });

  it('keeps to the first grace period when it is asked again with less, as recorded', async () => {
    await runPod('stub30', ['sleep', '3600']);
    const start = cluster.clock.now();
    cluster.api.remove('pods', 'demo', 'stub30', { gracePeriodSeconds: 30 });
    await cluster.clock.advance(1000);
    cluster.api.remove('pods', 'demo', 'stub30', { gracePeriodSeconds: 10 });
    await cluster.until(isGone);
    expect(stepsOf(seen)).toEqual(recorded('stub30'));
    expect(cluster.clock.now() - start).toBeGreaterThanOrEqual(30_000);
  });

  it('tells that the container is being stopped', async () => {
    await runPod('soft', ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1; done']);
    cluster.api.remove('pods', 'demo', 'soft');
    await cluster.until(isGone);
    expect(cluster.events('Pod').map((event) => event['message'])).toContain('Stopping container main');
  });
});

describe('a pod that is done', () => {
  it('succeeds, keeps its log, and is not started again', async () => {
    const cluster = simulateCluster();
    cluster.api.create('pods', {
      metadata: { name: 'job', namespace: 'demo' },
      spec: {
        restartPolicy: 'Never',
        initContainers: [{ name: 'setup', image: 'busybox:1.37', command: ['sh', '-c', 'echo set up'] }],
        containers: [
          { name: 'main', image: 'busybox:1.37', command: ['sh', '-c', 'echo done; printf tail'] },
        ],
      },
    });
    const pod = () => cluster.pods()[0];
    await cluster.until(() => pod()?.['status'].phase === 'Succeeded');
    await cluster.clock.advance(30_000);
    expect(pod()?.['status'].containerStatuses[0]).toMatchObject({
      restartCount: 0,
      ready: false,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
    const job = cluster.pods()[0];
    if (!job) throw new Error('the pod is gone');
    const lines = cluster.runtime.log(job, 'main', { previous: false })?.history() ?? [];
    expect(lines.map(({ text, partial }) => [text, partial ?? false])).toEqual([
      ['done', false],
      ['tail', true],
    ]);
    expect(cluster.runtime.log(job, 'setup', { previous: false })?.history()[0]?.text).toBe('set up');
    cluster.dispose();
  });
});
