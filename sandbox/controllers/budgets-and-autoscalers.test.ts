import { expect, it } from 'vitest';
import { deploymentDraft, readCapture, simulateCluster } from '../kubelet/simulated-cluster.js';

const recorded = (name: string, note: string) =>
  readCapture(name).exchanges.find((exchange) => exchange.note === note).response.body.status;

const withoutTimes = ({ conditions, lastScaleTime: _, ...status }: any) => ({
  ...status,
  conditions: conditions.map(({ lastTransitionTime: __, ...condition }: any) => condition),
});

it('a disruption budget counts its pods in the recorded form', async () => {
  const cluster = simulateCluster();
  cluster.api.create('deployments', deploymentDraft('web', { replicas: 2 }));
  await cluster.until(
    () => cluster.api.get('deployments', 'demo', 'web')?.['status'].availableReplicas === 2,
  );
  cluster.api.create('poddisruptionbudgets', {
    metadata: { name: 'web', namespace: 'demo' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
  });
  await cluster.clock.advance(50);
  const status = () => cluster.api.get('poddisruptionbudgets', 'demo', 'web')?.['status'];
  expect(withoutTimes(status())).toEqual(withoutTimes(recorded('17-eviction-pdb', 'budget with status')));
  cluster.change('poddisruptionbudgets', 'web', (draft) => {
    draft['spec'].minAvailable = '50%';
  });
  await cluster.clock.advance(50);
  expect(status()).toMatchObject({ disruptionsAllowed: 1, desiredHealthy: 1, expectedPods: 2 });
  cluster.dispose();
});

it('an autoscaler without metrics keeps to its bounds and says in recorded words why it does no more', async () => {
  const cluster = simulateCluster();
  cluster.api.create('deployments', deploymentDraft('web', { replicas: 2 }));
  const autoscaler = (name: string, target: string) =>
    cluster.api.create('horizontalpodautoscalers', {
      metadata: { name, namespace: 'demo' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
        minReplicas: 1,
        maxReplicas: 5,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
          },
        ],
      },
    });
  autoscaler('web', 'web');
  autoscaler('defaulted', 'other');
  const status = (name: string) => cluster.api.get('horizontalpodautoscalers', 'demo', name)?.['status'];
  await cluster.clock.advance(16_000);
  const real = (note: string) => withoutTimes(recorded('13-autoscaling', note));
  expect(withoutTimes(status('web')).conditions).toEqual(real('after the controller looked: web').conditions);
  expect(withoutTimes(status('defaulted')).conditions).toEqual(
    real('after the controller looked: defaulted').conditions,
  );
  cluster.change('deployments', 'web', (draft) => {
    draft['spec'].replicas = 8;
  });
  await cluster.clock.advance(16_000);
  expect(cluster.api.get('deployments', 'demo', 'web')?.['spec'].replicas).toBe(5);
  expect(withoutTimes(status('web')).conditions).toEqual(real('autoscaler then').conditions);
  cluster.change('deployments', 'web', (draft) => {
    draft['spec'].replicas = 0;
  });
  await cluster.clock.advance(16_000);
  expect(withoutTimes(status('web')).conditions).toEqual(real('ScalingDisabled').conditions);
  cluster.dispose();
});
