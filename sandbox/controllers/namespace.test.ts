import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deploymentDraft,
  readCapture,
  type SimulatedCluster,
  simulateCluster,
} from '../kubelet/simulated-cluster.js';

const recorded = (note: string) =>
  readCapture('14-namespace-lifecycle').exchanges.find((exchange) => exchange.note === note).response.body;

const withoutTimes = (conditions: any[]) =>
  conditions.map(({ lastTransitionTime: _, ...condition }) => condition);

describe('a namespace', () => {
  let cluster: SimulatedCluster;
  const namespace = () => cluster.api.get('namespaces', undefined, 'demo') as any;

  beforeEach(() => {
    cluster = simulateCluster();
  });
  afterEach(() => cluster.dispose());

  it('has its default account and root certificates at once', async () => {
    await cluster.clock.advance(10);
    expect(cluster.api.get('serviceaccounts', 'demo', 'default')).toBeDefined();
    const { annotations } = recorded('kube-root-ca.crt').metadata;
    expect(cluster.api.get('configmaps', 'demo', 'kube-root-ca.crt')?.metadata.annotations).toEqual(
      annotations,
    );
  });

  it('says while it is deleted what holds it, in the recorded words, and then goes', async () => {
    cluster.api.create('deployments', deploymentDraft('web', { replicas: 2 }));
    cluster.api.create('configmaps', {
      metadata: { name: 'hold', namespace: 'demo', finalizers: ['example.com/hold'] },
    });
    await cluster.until(() => cluster.pods('web').every(({ status }) => status.phase === 'Running'));
    cluster.api.remove('namespaces', undefined, 'demo');
    expect(namespace().status.phase).toBe('Terminating');
    await cluster.until(() => cluster.pods().length === 0);
    await cluster.clock.advance(1000);
    const real = recorded('pods gone, the held configmap remains').status.conditions;
    expect(withoutTimes(namespace().status.conditions)).toEqual(withoutTimes(real));
    cluster.change('configmaps', 'hold', (draft) => {
      draft.metadata['finalizers'] = [];
    });
    await cluster.until(() => namespace() === undefined);
    expect(cluster.api.list('deployments', { namespace: 'demo' })).toEqual([]);
  });

  it('goes soon when it is empty, and can be made again', async () => {
    cluster.api.remove('namespaces', undefined, 'demo');
    await cluster.until(() => namespace() === undefined, 5000);
    cluster.api.create('namespaces', { metadata: { name: 'demo' } });
    expect(namespace().status.phase).toBe('Active');
  });
});
