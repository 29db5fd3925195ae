import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  capturedEvents,
  deploymentDraft,
  readCapture,
  type SimulatedCluster,
  simulateCluster,
} from '../kubelet/simulated-cluster.js';
import type { KubernetesObject, StoreEvent } from '../storage/api.js';
import { isPodFinished } from './pod-condition.js';

const rolling = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } };
const probed = {
  name: 'nginx',
  ports: [{ name: 'http', containerPort: 80 }],
  readinessProbe: { httpGet: { path: '/', port: 'http' }, initialDelaySeconds: 2, periodSeconds: 1 },
};
const webDraft = () => deploymentDraft('web', { replicas: 4, ...rolling }, probed);

/** Consecutive repeats count once. */
const distinct = (values: string[]): string[] => values.filter((value, index) => value !== values[index - 1]);

const conditionsOf = ({ status }: any): string =>
  (status?.conditions ?? []).map(({ type, status: is, reason }: any) => `${type}=${is}/${reason}`).join(' ');

/** Scaling messages with `rs1`, `rs2`, … for the ReplicaSets in order of appearance. */
function scalings(messages: string[]): string[] {
  const names: string[] = [];
  return messages.map((message) =>
    message.replace('(combined from similar events): ', '').replace(/web-\S+/, (name) => {
      if (!names.includes(name)) names.push(name);
      return `rs${names.indexOf(name) + 1}`;
    }),
  );
}

const isComplete = (deployment: KubernetesObject | undefined): boolean => {
  const { replicas } = deployment?.['spec'] ?? {};
  const status = deployment?.['status'];
  return (
    status?.observedGeneration === deployment?.metadata.generation &&
    status?.availableReplicas === replicas &&
    status.updatedReplicas === replicas &&
    status.replicas === replicas
  );
};

const isScaling = ({ object }: { object: any }) => object.reason === 'ScalingReplicaSet';

describe('a rolling update', () => {
  let cluster: SimulatedCluster;
  let deployments: StoreEvent[];
  let events: StoreEvent[];

  beforeEach(async () => {
    cluster = simulateCluster();
    deployments = cluster.record('deployments');
    events = cluster.record('events');
    cluster.api.create('deployments', webDraft());
    await cluster.until(() => isRolledOut(1));
  });
  afterEach(() => cluster.dispose());

  const deployment = (): KubernetesObject => {
    const found = cluster.api.get('deployments', 'demo', 'web');
    if (!found) throw new Error('the deployment is gone');
    return found;
  };
  const isRolledOut = (revision: number): boolean =>
    isComplete(deployment()) &&
    deployment().metadata.annotations?.['deployment.kubernetes.io/revision'] === String(revision);
  const setImage = (image: string) =>
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].template.spec.containers[0].image = image;
    });
  const replicaSets = () => cluster.api.list('replicasets', { namespace: 'demo' });

  it('scales the ReplicaSets in the steps recorded from a real cluster', async () => {
    setImage('nginx:1.28');
    await cluster.until(() => isRolledOut(2));
    const exchanges = readCapture('06-deployment-rolling-update').exchanges;
    const watched = exchanges.find(({ note }) => note === 'watch events (core v1)');
    const recorded = capturedEvents(watched).filter(isScaling).slice(0, 9);
    expect(scalings(events.filter(isScaling).map(({ object }) => object['message']))).toEqual(
      scalings(recorded.map(({ object }) => object.message)),
    );
  });

  it('goes through the conditions recorded from a real cluster', async () => {
    setImage('nginx:1.28');
    await cluster.until(() => isRolledOut(2));
    const exchanges = readCapture('06-deployment-rolling-update').exchanges;
    const watched = capturedEvents(exchanges.find(({ note }) => note === 'watch deployments'));
    const untilSecond = watched.findIndex(({ object }) => object.metadata.generation === 3);
    const recorded = watched.slice(0, untilSecond).map(({ object }) => conditionsOf(object));
    expect(distinct(deployments.map(({ object }) => conditionsOf(object)))).toEqual(distinct(recorded));
  });

  it('never has fewer available or more existing pods than the limits allow', async () => {
    deployments.length = 0;
    setImage('nginx:1.28');
    await cluster.until(() => isRolledOut(2));
    const statuses = deployments.map(({ object }) => object['status']);
    expect(Math.min(...statuses.map(({ availableReplicas }) => availableReplicas))).toBeGreaterThanOrEqual(3);
    expect(Math.max(...statuses.map(({ replicas }) => replicas))).toBe(5);
  });

  it('takes five to eight seconds for three pods at natural pace', async () => {
    cluster.api.create('deployments', deploymentDraft('three', { replicas: 3 }));
    const three = () => cluster.api.get('deployments', 'demo', 'three');
    await cluster.until(() => isComplete(three()));
    const start = cluster.clock.now();
    cluster.change('deployments', 'three', (draft) => {
      draft['spec'].template.spec.containers[0].image = 'nginx:1.29';
    });
    await cluster.until(() => isComplete(three()));
    const seconds = (cluster.clock.now() - start) / 1000;
    expect(seconds).toBeGreaterThan(4);
    expect(seconds).toBeLessThan(8);
  });

  it('stands still while paused and goes on when resumed', async () => {
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].paused = true;
    });
    await cluster.clock.advance(1000);
    expect(conditionsOf(deployment())).toContain('Progressing=Unknown/DeploymentPaused');
    setImage('nginx:1.29');
    await cluster.clock.advance(3000);
    expect(replicaSets()).toHaveLength(1);
    expect(deployment()['status'].updatedReplicas).toBeUndefined();
    expect(deployment()['status'].observedGeneration).toBe(deployment().metadata.generation);
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].paused = undefined;
    });
    await cluster.until(() => isRolledOut(2));
    expect(conditionsOf(deployment())).toContain('Progressing=True/NewReplicaSetAvailable');
  });

  it('tells of the resumption until pods are new, not of the ReplicaSet that it begins with', async () => {
    const pause = (paused: boolean | undefined) =>
      cluster.change('deployments', 'web', (draft) => {
        draft['spec'].paused = paused;
      });
    pause(true);
    await cluster.clock.advance(1000);
    setImage('nginx:1.29');
    await cluster.clock.advance(1000);
    const reasons: string[] = [];
    const stop = cluster.api.watch('deployments', ({ object }) => {
      reasons.push(/Progressing=\w+\/(\w+)/.exec(conditionsOf(object))?.[1] ?? '');
    });
    pause(undefined);
    await cluster.until(() => isRolledOut(2));
    stop();
    expect(distinct(reasons)).toEqual([
      'DeploymentPaused',
      'DeploymentResumed',
      'ReplicaSetUpdated',
      'NewReplicaSetAvailable',
    ]);
  });

  it('takes the old ReplicaSet back for a template that it had before', async () => {
    const [first] = replicaSets();
    setImage('nginx:1.28');
    await cluster.until(() => isRolledOut(2));
    setImage('nginx:1.27');
    await cluster.until(() => isRolledOut(3));
    const reused = replicaSets().find(({ metadata }) => metadata.uid === first?.metadata.uid);
    expect(replicaSets()).toHaveLength(2);
    expect(reused?.['spec'].replicas).toBe(4);
    expect(reused?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
      'deployment.kubernetes.io/desired-replicas': '4',
      'deployment.kubernetes.io/max-replicas': '5',
    });
  });

  it('keeps as many old ReplicaSets as revisionHistoryLimit says', async () => {
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].revisionHistoryLimit = 1;
    });
    for (const [index, tag] of ['1.28', '1.29', '1.30'].entries()) {
      setImage(`nginx:${tag}`);
      await cluster.until(() => isRolledOut(index + 2));
    }
    await cluster.clock.advance(1000);
    expect(replicaSets()).toHaveLength(2);
  });

  it('scales without a rollout', async () => {
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].replicas = 6;
    });
    await cluster.until(() => deployment()['status'].availableReplicas === 6);
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].replicas = 2;
    });
    await cluster.until(() => cluster.pods('web').length === 2);
    expect(replicaSets()).toHaveLength(1);
    expect(isRolledOut(1)).toBe(true);
  });
});

describe('Recreate', () => {
  it('starts no new pod before the old ones are gone', async () => {
    const cluster = simulateCluster();
    cluster.api.create(
      'deployments',
      deploymentDraft('web', { replicas: 2, strategy: { type: 'Recreate' } }),
    );
    const web = () => cluster.api.get('deployments', 'demo', 'web');
    await cluster.until(() => isComplete(web()));
    const images: string[] = [];
    cluster.api.watch('pods', () => {
      const alive = cluster.pods().filter((pod) => !isPodFinished(pod));
      images.push([...new Set(alive.map(({ spec }) => spec.containers[0].image))].sort().join('+'));
    });
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].template.spec.containers[0].image = 'nginx:1.28';
    });
    await cluster.until(() => isComplete(web()));
    expect(distinct(images)).toEqual(['nginx:1.27', '', 'nginx:1.28']);
    cluster.dispose();
  });
});
