import { describe, expect, it } from 'vitest';
import type { PersistentVolumeClaim, Pod, StatefulSet } from '../../shared/kubernetes/resources.js';
import type { InstanceEntity } from './instance.entity.js';
import { stateOf } from './instance-state.mapper.js';
import type { ObservedWorkload } from './workload-observer.client.js';

const now = Date.parse('2026-11-22T20:00:00Z');
const instance = {
  phase: 'ACTIVE',
  failure: null,
  plan: { replicas: 2 },
  storageSize: '1Gi',
  revision: 3,
  appliedRevision: 3,
  appliedGeneration: 2,
  appliedAt: new Date(now - 10_000),
  settledRevision: 3,
} as InstanceEntity;

const statefulSet = {
  metadata: { name: 'db', generation: 2 },
  spec: { replicas: 2 },
  status: { observedGeneration: 2, replicas: 2, readyReplicas: 2, updatedReplicas: 2 },
} as StatefulSet;
const claim = {
  metadata: { name: 'data-db-0' },
  spec: { storageClassName: 'standard', resources: { requests: { storage: '1Gi' } } },
  status: { phase: 'Bound', capacity: { storage: '1Gi' } },
} as PersistentVolumeClaim;
const observed: ObservedWorkload = {
  known: true,
  statefulSet,
  pods: [],
  claims: [claim],
  observation: { observedAt: new Date(now), stale: false },
};

const judge = (
  changed: Partial<InstanceEntity>,
  seen: Partial<Omit<ObservedWorkload, 'statefulSet'>> & { statefulSet?: object | undefined } = {},
) => stateOf({ ...instance, ...changed }, { ...observed, ...seen } as ObservedWorkload, now);
const withStatus = (status: object) => ({ ...statefulSet, status: { ...statefulSet.status, ...status } });
const podOf = (status: object) => ({ metadata: { name: 'db-0' }, status }) as Pod;
const waiting = (reason: string, message?: string) =>
  podOf({ containerStatuses: [{ image: 'redis:8.2', state: { waiting: { reason, message } } }] });

describe('the status of an instance', () => {
  it('is READY when every pod of the newest template is ready and every volume bound', () => {
    expect(judge({})).toEqual({
      status: 'READY',
      reason: null,
      storage: [{ name: 'data-db-0', size: '1Gi', storageClass: 'standard', phase: 'Bound' }],
    });
  });

  it.each([
    ['a pod is not ready', withStatus({ readyReplicas: 1 })],
    ['a pod is missing', withStatus({ replicas: 1 })],
    ['a pod has the old template', withStatus({ updatedReplicas: 1 })],
    ['the controller has not seen the newest generation', { ...statefulSet, metadata: { generation: 3 } }],
    ['an older state is shown than was applied', { ...statefulSet, metadata: { generation: 1 } }],
    [
      'the StatefulSet is being deleted',
      { ...statefulSet, metadata: { generation: 2, deletionTimestamp: 'now' } },
    ],
    ['there is no status yet', { ...statefulSet, status: undefined }],
  ])('is never READY while %s', (_, set) => {
    expect(judge({}, { statefulSet: set }).status).toBe('DEGRADED');
    expect(judge({ settledRevision: 2 }, { statefulSet: set }).status).toBe('UPDATING');
    expect(judge({ settledRevision: null }, { statefulSet: set }).status).toBe('PROVISIONING');
  });

  it('is never READY while a volume is not bound, and names it', () => {
    const pending = { ...claim, status: { phase: 'Pending' } };
    expect(judge({ settledRevision: null }, { claims: [pending] })).toMatchObject({
      status: 'PROVISIONING',
      reason: 'Volume data-db-0 is Pending.',
    });
  });

  it('is UPDATING while a volume has not grown yet', () => {
    expect(judge({ storageSize: '2Gi', settledRevision: 2 })).toMatchObject({
      status: 'UPDATING',
      reason: 'Volume data-db-0 is being grown to 2Gi.',
    });
  });

  it('is UNKNOWN before the cluster was heard, with the reason', () => {
    const observation = {
      observedAt: null,
      stale: true,
      error: { code: 'CLUSTER_UNAVAILABLE', message: 'No answer.' },
    };
    expect(judge({}, { known: false, observation })).toMatchObject({
      status: 'UNKNOWN',
      reason: 'No answer.',
    });
  });

  it('is PROVISIONING or UPDATING until the cluster was told of the revision', () => {
    expect(judge({ appliedRevision: null, settledRevision: null, failure: 'No answer.' })).toMatchObject({
      status: 'PROVISIONING',
      reason: 'No answer.',
    });
    expect(judge({ appliedRevision: 2, settledRevision: 2 }).status).toBe('UPDATING');
  });

  it('is what the row says when the cluster refused it or it is being deleted', () => {
    expect(judge({ phase: 'FAILED', failure: 'Refused.' })).toMatchObject({
      status: 'FAILED',
      reason: 'Refused.',
    });
    expect(judge({ phase: 'DELETING', failure: 'Still there: Pod db-0.' })).toMatchObject({
      status: 'DELETING',
      reason: 'Still there: Pod db-0.',
    });
  });

  it('is FAILED when its StatefulSet is gone', () => {
    expect(judge({}, { statefulSet: undefined })).toMatchObject({ status: 'FAILED' });
  });

  it('is FAILED when it is not ready after 15 minutes, and READY when it is after all', () => {
    const late = { settledRevision: null, appliedAt: new Date(now - 16 * 60_000) };
    expect(judge(late, { statefulSet: withStatus({ readyReplicas: 0 }) })).toMatchObject({
      status: 'FAILED',
      reason: 'Not ready after 15 minutes. 0 of 2 pods are ready.',
    });
    expect(judge(late).status).toBe('READY');
  });

  it.each([
    [waiting('ImagePullBackOff', 'not found'), "Image redis:8.2 can't be pulled: not found"],
    [
      podOf({
        containerStatuses: [
          {
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          },
        ],
      }),
      'The container of pod db-0 keeps ending (exit code 137, OOMKilled): read its log.',
    ],
    [
      waiting('CreateContainerConfigError', 'secret "x" not found'),
      `The container of pod db-0 can't be made: secret "x" not found`,
    ],
    [
      podOf({ conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }] }),
      'Pod db-0 finds no node: 0/3 nodes are available',
    ],
    [waiting('ContainerCreating'), '1 of 2 pods are ready.'],
  ])('says what keeps a pod from being ready (%#)', (pod, reason) => {
    expect(judge({}, { pods: [pod], statefulSet: withStatus({ readyReplicas: 1 }) })).toMatchObject({
      status: 'DEGRADED',
      reason,
    });
  });

  it('does not let a cluster’s message bring addresses or line breaks', () => {
    const { reason } = judge(
      {},
      {
        pods: [waiting('ErrImagePull', 'dial tcp 10.0.0.7:443: refused\nby https://registry.internal/v2')],
        statefulSet: withStatus({ readyReplicas: 0 }),
      },
    );
    expect(reason).not.toMatch(/10\.0\.0\.7|registry\.internal|\n/);
  });

  it('survives objects with nothing in them', () => {
    expect(judge({}, { statefulSet: {}, pods: [{}], claims: [{}] })).toEqual({
      status: 'DEGRADED',
      reason: 'Volume (unnamed) is Pending.',
      storage: [{ name: '', size: '0', storageClass: null, phase: 'Pending' }],
    });
  });
});
