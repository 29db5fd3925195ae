import type { Pod as KubernetesPod } from '../../shared/kubernetes/resources.js';
import { conditionOf, isImageError } from '../rollout/blockers.js';
import { templateIdOf } from '../workload/labels.js';
import { type ContainerValue, containersOf, timeOf } from './container.mapper.js';

export type { ContainerValue };

export const podStatuses = [
  'PENDING',
  'PULLING',
  'STARTING',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'CRASH_LOOP',
  'IMAGE_ERROR',
  'TERMINATING',
  'UNKNOWN',
] as const;
export type PodStatus = (typeof podStatuses)[number];
export const podGenerations = ['OLD', 'NEW'] as const;
export type PodGeneration = (typeof podGenerations)[number];

export interface PodConditionValue {
  type: string;
  status: string;
  reason: string | null;
  message: string | null;
  since: string | null;
}

export interface PodValue {
  clusterId: string;
  namespace: string;
  name: string;
  uid: string;
  status: PodStatus;
  statusReason: string | null;
  ready: boolean;
  generation: PodGeneration;
  /** The deployment whose template it was made from; null for pods that no deployment made. */
  deploymentId: string | null;
  ip: string | null;
  nodeName: string | null;
  createdAt: string;
  restarts: number;
  /** Null until the cluster has given it one. */
  qosClass: string | null;
  conditions: PodConditionValue[];
  containers: ContainerValue[];
}

/** `templateId`: the deployment whose template is current; undefined when there is no such thing, then every pod is NEW. */
export function podOf(pod: KubernetesPod, clusterId: string, templateId: string | undefined): PodValue {
  const statuses = pod.status?.containerStatuses ?? [];
  const { status, reason } = statusOf(pod);
  return {
    clusterId,
    namespace: pod.metadata?.namespace ?? '',
    name: pod.metadata?.name ?? '',
    uid: pod.metadata?.uid ?? '',
    status,
    statusReason: reason ?? null,
    ready: conditionOf(pod, 'Ready')?.status === 'True',
    generation: templateId === undefined || templateIdOf(pod) === templateId ? 'NEW' : 'OLD',
    deploymentId: templateIdOf(pod) ?? null,
    ip: pod.status?.podIP ?? null,
    nodeName: pod.spec?.nodeName ?? null,
    createdAt: timeOf(pod.metadata?.creationTimestamp) ?? new Date(0).toISOString(),
    restarts: statuses.reduce((sum, container) => sum + container.restartCount, 0),
    qosClass: pod.status?.qosClass ?? null,
    conditions: (pod.status?.conditions ?? []).map((condition) => ({
      type: condition.type,
      status: condition.status,
      reason: condition.reason ?? null,
      message: condition.message ?? null,
      since: timeOf(condition.lastTransitionTime),
    })),
    containers: containersOf(pod),
  };
}

/**
 * PULLING is what Kubernetes calls ContainerCreating: a pod's status doesn't tell the pull of its image from the rest
 * of its preparation. STARTING: the containers run and are not ready yet.
 */
function statusOf(pod: KubernetesPod): { status: PodStatus; reason?: string | undefined } {
  const { phase } = pod.status ?? {};
  if (pod.metadata?.deletionTimestamp) return { status: 'TERMINATING' };
  if (phase === 'Succeeded') return { status: 'SUCCEEDED' };
  if (phase === 'Failed') {
    return { status: 'FAILED', reason: [pod.status?.reason, pod.status?.message].filter(Boolean).join(': ') };
  }
  if (phase === 'Unknown') return { status: 'UNKNOWN', reason: pod.status?.reason };
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { name, state, lastState, restartCount } of statuses) {
    const waiting = state?.waiting;
    const text = `${name}: ${[waiting?.reason, waiting?.message].filter(Boolean).join(': ')}`;
    if (isImageError(waiting?.reason)) return { status: 'IMAGE_ERROR', reason: text };
    if (waiting?.reason === 'CrashLoopBackOff' || waiting?.reason === 'RunContainerError') {
      return { status: 'CRASH_LOOP', reason: text };
    }
    if (
      state?.terminated &&
      state.terminated.exitCode !== 0 &&
      restartCount + Number(!lastState?.terminated) > 0
    ) {
      return {
        status: 'CRASH_LOOP',
        reason: `${name}: ended with exit code ${state.terminated.exitCode} (${state.terminated.reason ?? 'Error'})`,
      };
    }
    if (waiting?.reason?.startsWith('CreateContainer')) return { status: 'PENDING', reason: text };
  }
  if (phase === 'Pending') {
    const scheduled = conditionOf(pod, 'PodScheduled');
    if (scheduled?.status !== 'True' && !pod.spec?.nodeName) {
      return { status: 'PENDING', reason: scheduled?.message ?? 'waits for a node' };
    }
    return { status: 'PULLING' };
  }
  if (phase === 'Running') {
    const ready = conditionOf(pod, 'Ready');
    return ready?.status === 'True'
      ? { status: 'RUNNING' }
      : { status: 'STARTING', reason: ready?.message ?? 'is not ready yet' };
  }
  return { status: 'UNKNOWN' };
}
