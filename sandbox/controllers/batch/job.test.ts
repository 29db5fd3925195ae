import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedCluster, simulateCluster } from '../../kubelet/simulated-cluster.js';
import { findCondition } from '../pod-condition.js';

describe('a Job', () => {
  let cluster: SimulatedCluster;
  beforeEach(() => {
    cluster = simulateCluster();
  });
  afterEach(() => cluster.dispose());

  const template = (script: string) => ({
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script] }],
    },
  });
  const create = (script: string, spec: object = {}) =>
    cluster.api.create('jobs', {
      metadata: { name: 'once', namespace: 'demo' },
      spec: { template: template(script), ...spec },
    });
  const job = () => cluster.api.get('jobs', 'demo', 'once');
  const isTrue = (type: string): boolean => {
    const found = job();
    return found !== undefined && findCondition(found, type)?.status === 'True';
  };

  it('runs its pod once and is complete', async () => {
    create('echo done');
    await cluster.until(() => isTrue('Complete'));
    expect(job()?.['status']).toMatchObject({ succeeded: 1, ready: 0, terminating: 0 });
    expect(job()?.['status'].active).toBeUndefined();
    expect(cluster.pods()[0]?.metadata.finalizers ?? []).toEqual([]);
  });

  it('runs as many at once as it may, until enough have succeeded', async () => {
    create('sleep 2', { completions: 5, parallelism: 2 });
    let most = 0;
    await cluster.until(() => {
      most = Math.max(most, job()?.['status'].active ?? 0);
      return isTrue('Complete');
    });
    expect(most).toBe(2);
    expect(job()?.['status'].succeeded).toBe(5);
  });

  it('gives up after as many failures as it may have', async () => {
    create('exit 1', { backoffLimit: 1 });
    await cluster.until(() => isTrue('Failed'));
    expect(job()?.['status'].failed).toBe(2);
    expect(findCondition(job() as any, 'Failed')).toMatchObject({ reason: 'BackoffLimitExceeded' });
  });

  it('goes with its time to live', async () => {
    create('true', { ttlSecondsAfterFinished: 10 });
    await cluster.until(() => isTrue('Complete'));
    await cluster.until(() => job() === undefined && cluster.pods().length === 0);
  });

  it('is made by a CronJob every minute', async () => {
    cluster.api.create('cronjobs', {
      metadata: { name: 'tick', namespace: 'demo' },
      spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template('echo tick') } } },
    });
    await cluster.until(() => cluster.api.list('jobs', { namespace: 'demo' }).length === 2, 180_000);
    await cluster.until(
      () => cluster.api.get('cronjobs', 'demo', 'tick')?.['status'].lastSuccessfulTime !== undefined,
    );
  });
});
