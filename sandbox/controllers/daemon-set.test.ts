import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedCluster, simulateCluster } from '../kubelet/simulated-cluster.js';
import { isPodReady } from './pod-condition.js';

describe('a DaemonSet', () => {
  let cluster: SimulatedCluster;
  beforeEach(() => {
    cluster = simulateCluster({ nodes: 3 });
  });
  afterEach(() => cluster.dispose());

  const create = (spec: object = {}) =>
    cluster.api.create('daemonsets', {
      metadata: { name: 'agent', namespace: 'demo' },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        template: {
          metadata: { labels: { app: 'agent' } },
          spec: { containers: [{ name: 'main', image: 'agent:1' }], ...spec },
        },
      },
    });
  const status = () => cluster.api.get('daemonsets', 'demo', 'agent')?.['status'];
  const nodes = (): string[] =>
    cluster
      .pods('agent')
      .map(({ spec }) => spec.nodeName)
      .sort();

  it('runs one pod on each node', async () => {
    create();
    await cluster.until(() => status()?.numberAvailable === 3);
    expect(nodes()).toEqual(['node-1', 'node-2', 'node-3']);
    expect(status()).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberReady: 3,
      numberMisscheduled: 0,
    });
  });

  it('keeps to the nodes that its template selects', async () => {
    create({ nodeSelector: { 'kubernetes.io/hostname': 'node-2' } });
    await cluster.until(() => status()?.numberAvailable === 1);
    expect(nodes()).toEqual(['node-2']);
  });

  it('runs on cordoned nodes, too, and replaces a deleted pod there', async () => {
    const draft = structuredClone(cluster.api.get('nodes', undefined, 'node-1')) as any;
    draft.spec = { ...draft.spec, unschedulable: true };
    cluster.api.update('nodes', draft);
    create();
    await cluster.until(() => status()?.numberAvailable === 3);
  });

  it('rolls a new template out one node after the other', async () => {
    create();
    await cluster.until(() => status()?.numberAvailable === 3);
    cluster.change('daemonsets', 'agent', (draft) => {
      draft['spec'].template.spec.containers[0].image = 'agent:2';
    });
    let fewest = 3;
    await cluster.until(() => {
      fewest = Math.min(fewest, cluster.pods('agent').filter(isPodReady).length);
      const isNew = cluster.pods('agent').every(({ spec }) => spec.containers[0].image === 'agent:2');
      return isNew && status()?.numberAvailable === 3 && status()?.updatedNumberScheduled === 3;
    }, 300_000);
    expect(fewest).toBe(2);
  });
});
