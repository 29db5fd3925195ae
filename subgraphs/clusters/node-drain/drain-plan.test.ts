import { describe, expect, it } from 'vitest';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { planDrain } from './drain-plan.js';
import { type DrainedPod, endOf } from './drain-state.js';

const pod = (
  name: string,
  owner: string | null,
  more: { phase?: string; emptyDir?: boolean; mirror?: boolean } = {},
) =>
  ({
    metadata: {
      name,
      namespace: 'a',
      uid: `uid-${name}`,
      ...(more.mirror ? { annotations: { 'kubernetes.io/config.mirror': 'hash' } } : {}),
      ...(owner ? { ownerReferences: [{ kind: owner, controller: true }] } : {}),
    },
    spec: { volumes: more.emptyDir ? [{ name: 'tmp', emptyDir: {} }] : [] },
    status: { phase: more.phase ?? 'Running' },
  }) as unknown as Pod;
const careful = { force: false, deleteEmptyDirData: false };

describe('the plan of a drain', () => {
  it('lets pods with a controller go, and keeps those that would come back or can not go', () => {
    const { plan, problems } = planDrain(
      [
        pod('web', 'ReplicaSet'),
        pod('agent', 'DaemonSet'),
        pod('etcd', 'Node', { mirror: true }),
        pod('done', 'DaemonSet', { phase: 'Succeeded' }),
      ],
      careful,
    );
    expect(problems).toEqual([]);
    expect(plan.evict.map(({ name, state }) => `${name} ${state}`)).toEqual(['web WAITING', 'done WAITING']);
    expect(plan.skipped).toEqual([
      { namespace: 'a', name: 'agent', reason: 'DAEMON_SET' },
      { namespace: 'a', name: 'etcd', reason: 'MIRROR' },
    ]);
  });

  it('names pods without a controller and pods that lose data, unless that was agreed to', () => {
    const pods = [
      pod('alone', null),
      pod('cache', 'ReplicaSet', { emptyDir: true }),
      pod('finished', null, { phase: 'Failed', emptyDir: true }),
    ];
    expect(planDrain(pods, careful).problems).toEqual([
      { field: ['input', 'force'], message: expect.stringContaining('a/alone.') },
      { field: ['input', 'deleteEmptyDirData'], message: expect.stringContaining('a/cache.') },
    ]);
    const agreed = planDrain(pods, { force: true, deleteEmptyDirData: true });
    expect(agreed.problems).toEqual([]);
    expect(agreed.plan.evict).toHaveLength(3);
  });

  it('names ten pods and counts the rest', () => {
    const pods = Array.from({ length: 13 }, (_, index) => pod(`p${index}`, null));
    expect(planDrain(pods, careful).problems[0]?.message).toContain('a/p9 and 3 more');
  });
});

describe('the end of a drain', () => {
  const in5Minutes = { now: 0, deadline: 300_000 };
  const of = (...states: DrainedPod['state'][]): DrainedPod[] =>
    states.map((state, index) => ({
      namespace: 'a',
      name: `p${index}`,
      uid: `u${index}`,
      state,
      reason: state === 'REFUSED' ? 'no' : null,
      disruptionBudget: null,
    }));

  it('comes when all pods are gone, also when there were none', () => {
    expect(endOf([], in5Minutes)?.state).toBe('SUCCEEDED');
    expect(endOf(of('GONE', 'GONE'), in5Minutes)?.state).toBe('SUCCEEDED');
    for (const state of ['WAITING', 'BLOCKED', 'TERMINATING'] as const) {
      expect(endOf(of('GONE', state), in5Minutes)).toBeUndefined();
    }
  });

  it('comes when the cluster refuses all that are left', () => {
    expect(endOf(of('REFUSED', 'BLOCKED'), in5Minutes)).toBeUndefined();
    expect(endOf(of('REFUSED', 'GONE'), in5Minutes)).toEqual({
      state: 'FAILED',
      outcome: 'These could not be evicted: a/p0. no',
    });
  });

  it('comes with the deadline, naming what is left', () => {
    expect(endOf(of('GONE', 'BLOCKED'), { now: 300_000, deadline: 300_000 })).toEqual({
      state: 'TIMED_OUT',
      outcome: 'The time was over before these were gone: a/p1.',
    });
  });

  it('names each budget that held pods to the deadline once', () => {
    const pods = of('BLOCKED', 'BLOCKED', 'TERMINATING').map((pod) => ({
      ...pod,
      disruptionBudget: pod.state === 'BLOCKED' ? 'web' : null,
    }));
    expect(endOf(pods, { now: 300_000, deadline: 300_000 })?.outcome).toBe(
      'The time was over before these were gone: a/p0, a/p1, a/p2. PodDisruptionBudgets stood in the way: a/web.',
    );
  });
});
