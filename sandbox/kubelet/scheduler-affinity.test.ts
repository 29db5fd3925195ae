import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedCluster, simulateCluster } from './simulated-cluster.js';

describe('the scheduler, asked to keep pods together or apart,', () => {
  let cluster: SimulatedCluster;
  beforeEach(() => {
    cluster = simulateCluster({ nodes: 3 });
  });
  afterEach(() => cluster.dispose());

  const HOST = 'kubernetes.io/hostname';
  const create = (name: string, app: string, spec: object = {}) =>
    cluster.api.create('pods', {
      metadata: { name, namespace: 'demo', labels: { app } },
      spec: { containers: [{ name: 'main', image: 'nginx:1.27' }], ...spec },
    });
  const pod = (name: string) => cluster.api.get('pods', 'demo', name);
  const nodeOf = (name: string): string | undefined => pod(name)?.['spec'].nodeName;
  const message = (name: string): string | undefined =>
    pod(name)?.['status'].conditions?.find(({ type }: any) => type === 'PodScheduled')?.message;
  const term = (app: string) => ({ labelSelector: { matchLabels: { app } }, topologyKey: HOST });
  const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

  it('gives each of a group that avoids itself a node, and refuses one too many', async () => {
    const affinity = { podAntiAffinity: { [REQUIRED]: [term('db')] } };
    for (const name of ['a', 'b', 'c', 'd']) create(name, 'db', { affinity });
    await cluster.until(() => message('d') !== undefined);
    expect(new Set(['a', 'b', 'c'].map(nodeOf)).size).toBe(3);
    expect(message('d')).toBe(
      "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
    );
  });

  it('respects the pods that want to be alone', async () => {
    create('alone', 'db', { affinity: { podAntiAffinity: { [REQUIRED]: [term('web')] } } });
    await cluster.until(() => nodeOf('alone') !== undefined);
    create('web', 'web');
    await cluster.until(() => nodeOf('web') !== undefined);
    expect(nodeOf('web')).not.toBe(nodeOf('alone'));
  });

  it('puts a pod beside those that it belongs to', async () => {
    create('db', 'db', { nodeSelector: { [HOST]: 'node-2' } });
    await cluster.until(() => nodeOf('db') !== undefined);
    create('web', 'web', { affinity: { podAffinity: { [REQUIRED]: [term('db')] } } });
    await cluster.until(() => nodeOf('web') !== undefined);
    expect(nodeOf('web')).toBe('node-2');
    create('lost', 'web', { affinity: { podAffinity: { [REQUIRED]: [term('nobody')] } } });
    await cluster.until(() => message('lost') !== undefined);
    expect(message('lost')).toContain("3 node(s) didn't match pod affinity rules");
  });

  it('spreads over zones no more unevenly than allowed', async () => {
    const spread = (app: string) => ({
      maxSkew: 1,
      topologyKey: HOST,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app } },
    });
    for (let index = 0; index < 6; index++)
      create(`web-${index}`, 'web', { topologySpreadConstraints: [spread('web')] });
    await cluster.until(() => cluster.pods('web').every(({ spec }) => spec.nodeName));
    const counts = ['node-1', 'node-2', 'node-3'].map(
      (node) => cluster.pods('web').filter(({ spec }) => spec.nodeName === node).length,
    );
    expect(counts).toEqual([2, 2, 2]);
  });

  it('takes the preferred node while it fits', async () => {
    const preference = { matchExpressions: [{ key: HOST, operator: 'In', values: ['node-3'] }] };
    const affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, preference }] },
    };
    create('web', 'web', { affinity });
    await cluster.until(() => nodeOf('web') !== undefined);
    expect(nodeOf('web')).toBe('node-3');
  });

  it('schedules higher priorities first when room appears', async () => {
    const resources = { requests: { cpu: '7' } };
    const big = (name: string, spec: object = {}) =>
      create(name, 'big', { containers: [{ name: 'main', image: 'nginx:1.27', resources }], ...spec });
    for (const name of ['a', 'b', 'c']) big(name);
    await cluster.until(() => ['a', 'b', 'c'].every(nodeOf));
    big('low');
    await cluster.until(() => message('low') !== undefined);
    expect(message('low')).toContain('3 Insufficient cpu');
    cluster.api.create('priorityclasses', { metadata: { name: 'high' }, value: 1000 });
    big('high', { priorityClassName: 'high' });
    await cluster.until(() => message('high') !== undefined);
    cluster.api.remove('pods', 'demo', 'a');
    await cluster.until(() => nodeOf('high') !== undefined);
    expect(nodeOf('low')).toBeUndefined();
  });
});
