import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deploymentDraft, type SimulatedCluster, simulateCluster } from '../../kubelet/simulated-cluster.js';

const LOAD = 'sandbox.meridian.dev/load-millicores';
const PERIOD = 15_000;

describe('an autoscaler', () => {
  let cluster: SimulatedCluster;
  beforeEach(() => {
    cluster = simulateCluster({ nodes: 3, metrics: true });
  });
  afterEach(() => cluster.dispose());

  const deploy = (replicas: number, requests: object = { cpu: '100m', memory: '64Mi' }) =>
    cluster.api.create('deployments', deploymentDraft('web', { replicas }, { resources: { requests } }));
  const scaleBy = (spec: object) =>
    cluster.api.create('horizontalpodautoscalers', {
      metadata: { name: 'web', namespace: 'demo' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 10,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
          },
        ],
        ...spec,
      },
    });
  const load = (millicores: number) =>
    cluster.change('deployments', 'web', (draft) => {
      draft.metadata['annotations'] = { ...draft.metadata['annotations'], [LOAD]: String(millicores) };
    });
  const size = (): number => cluster.api.get('deployments', 'demo', 'web')?.['spec'].replicas;
  const status = () => cluster.api.get('horizontalpodautoscalers', 'demo', 'web')?.['status'];
  const condition = (type: string) => status().conditions.find((each: any) => each.type === type);
  const settle = async (ms = 120_000) => {
    for (let waited = 0; waited < ms; waited += PERIOD) await cluster.clock.advance(PERIOD);
  };

  it('grows to what the load needs, and says from what it computed', async () => {
    deploy(2);
    scaleBy({});
    load(400);
    await settle();
    // 400m at 50 % of 100m each are 8 pods.
    expect(size()).toBe(8);
    expect(status()).toMatchObject({
      currentReplicas: 8,
      desiredReplicas: 8,
      currentMetrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', current: { averageUtilization: 50, averageValue: '50m' } },
        },
      ],
    });
    expect(condition('ScalingActive')).toMatchObject({ status: 'True', reason: 'ValidMetricFound' });
    expect(cluster.events('HorizontalPodAutoscaler').map((event) => event['message'])).toContain(
      'New size: 4; reason: cpu resource utilization (percentage of request) above target',
    );
  });

  it('leaves the size alone within a tenth of the target', async () => {
    deploy(4);
    scaleBy({});
    load(215);
    await settle();
    expect(size()).toBe(4);
  });

  it('stops at maxReplicas and says that it is limited', async () => {
    deploy(2);
    scaleBy({ maxReplicas: 3 });
    load(1000);
    await settle();
    expect(size()).toBe(3);
    expect(condition('ScalingLimited')).toMatchObject({ status: 'True', reason: 'TooManyReplicas' });
  });

  it('shrinks only when the load stayed low for five minutes', async () => {
    deploy(4);
    scaleBy({});
    load(200);
    await settle();
    load(50);
    await settle(240_000);
    expect(size()).toBe(4);
    expect(condition('AbleToScale')).toMatchObject({ reason: 'ScaleDownStabilized' });
    await settle(120_000);
    expect(size()).toBe(1);
  });

  it('follows the policies of its behavior', async () => {
    deploy(2);
    scaleBy({
      behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
    });
    load(1000);
    await cluster.until(() => size() === 3, 90_000);
    await cluster.clock.advance(30_000);
    expect(size()).toBe(3);
    expect(condition('ScalingLimited')).toMatchObject({ reason: 'ScaleUpLimit' });
    await cluster.until(() => size() === 4, 60_000);
  });

  it('takes the largest size that any metric asks for', async () => {
    deploy(2);
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].template.metadata.annotations = { 'sandbox.meridian.dev/memory-mebibytes': '192' };
    });
    const metric = (name: string, target: object) => ({ type: 'Resource', resource: { name, target } });
    scaleBy({
      maxReplicas: 5,
      metrics: [
        metric('cpu', { type: 'Utilization', averageUtilization: 50 }),
        metric('memory', { type: 'AverageValue', averageValue: '128Mi' }),
      ],
    });
    load(20);
    await settle(60_000);
    expect(size()).toBeGreaterThanOrEqual(3);
  });

  it('does not shrink, and says so, when a pod names no request', async () => {
    deploy(3, {});
    scaleBy({});
    await settle(60_000);
    expect(size()).toBe(3);
    expect(condition('ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'FailedGetResourceMetric',
      message: expect.stringMatching(
        /^the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container main of Pod web-/,
      ),
    });
  });
});
