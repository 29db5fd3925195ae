import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedCluster, simulateCluster } from '../kubelet/simulated-cluster.js';
import { isPodReady } from './pod-condition.js';

describe('the claims of a StatefulSet', () => {
  let cluster: SimulatedCluster;
  beforeEach(() => {
    cluster = simulateCluster();
  });
  afterEach(() => cluster.dispose());

  const run = async (policy: object) => {
    cluster.api.create('statefulsets', {
      metadata: { name: 'db', namespace: 'demo' },
      spec: {
        replicas: 2,
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        persistentVolumeClaimRetentionPolicy: policy,
        template: {
          metadata: { labels: { app: 'db' } },
          spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'nginx:1.27' }] },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    });
    await cluster.until(() => cluster.api.get('statefulsets', 'demo', 'db')?.['status'].readyReplicas === 2);
  };
  const claims = (): string[] =>
    cluster.api.list('persistentvolumeclaims', { namespace: 'demo' }).map(({ metadata }) => metadata.name);
  const scale = (replicas: number) =>
    cluster.change('statefulsets', 'db', (draft) => {
      draft['spec'].replicas = replicas;
    });

  it('stay when it shrinks, unless its policy says otherwise', async () => {
    await run({ whenScaled: 'Retain' });
    scale(1);
    await cluster.until(() => cluster.pods('db').length === 1);
    await cluster.clock.advance(10_000);
    expect(claims()).toEqual(['data-db-0', 'data-db-1']);
  });

  it('go with their pods when it shrinks and whenScaled is Delete', async () => {
    await run({ whenScaled: 'Delete' });
    scale(1);
    await cluster.until(() => claims().length === 1);
    expect(claims()).toEqual(['data-db-0']);
    expect(cluster.pods('db')).toHaveLength(1);
  });

  it('that somebody deletes are made anew, empty, when their pod is replaced', async () => {
    await run({});
    const claim = () => cluster.api.get('persistentvolumeclaims', 'demo', 'data-db-0');
    const { uid } = claim()?.metadata ?? {};
    cluster.api.remove('persistentvolumeclaims', 'demo', 'data-db-0');
    cluster.api.remove('pods', 'demo', 'db-0');
    await cluster.until(
      () => claim()?.metadata.uid !== uid && cluster.pods('db').filter(isPodReady).length === 2,
    );
    expect(claim()?.metadata.deletionTimestamp).toBeUndefined();
  });

  it('go with it when whenDeleted is Delete', async () => {
    await run({ whenDeleted: 'Delete' });
    cluster.api.remove('statefulsets', 'demo', 'db', { propagationPolicy: 'Background' });
    await cluster.until(() => cluster.pods('db').length === 0 && claims().length === 0);
  });
});
