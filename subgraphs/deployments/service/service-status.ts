import type { Deployment } from '../../shared/kubernetes/resources.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import { blockersOf, conditionOf } from '../rollout/blockers.js';
import { isFinished } from '../rollout/rollout-phase.js';
import { templateIdOf } from '../workload/labels.js';
import type { WorkloadState } from '../workload/workload.client.js';

export const serviceStatuses = ['HEALTHY', 'PROGRESSING', 'DEGRADED', 'STOPPED', 'UNKNOWN'] as const;
/** In which order people look at them. */
export const serviceStatusesWorstFirst = [
  'DEGRADED',
  'UNKNOWN',
  'PROGRESSING',
  'STOPPED',
  'HEALTHY',
] as const;
export type ServiceStatus = (typeof serviceStatuses)[number];

export interface ServiceStatusValue {
  readonly status: ServiceStatus;
  readonly reason: string | null;
}

export interface ReplicaCountsValue {
  desired: number;
  updated: number;
  ready: number;
  available: number;
}

/** What is true of a service now; never HEALTHY from what may be outdated. */
export function serviceStatusOf(
  current: Pick<DeploymentEntity, 'phase'> | undefined,
  state: WorkloadState,
  now: number,
): ServiceStatusValue {
  if (!current) return { status: 'STOPPED', reason: 'It was never deployed.' };
  if (!state.known || state.observed.stale) {
    const since = state.observed.observedAt ? ` since ${state.observed.observedAt.toISOString()}` : '';
    return { status: 'UNKNOWN', reason: `The cluster does not answer${since}.` };
  }
  const { workload } = state;
  if (state.canary && workload) return canaryStatus(state, workload, state.canary, now);
  const underWay = !isFinished(current.phase);
  if (!workload) {
    return underWay
      ? { status: 'PROGRESSING', reason: 'It is being deployed.' }
      : { status: 'STOPPED', reason: 'Nothing of it is in the cluster.' };
  }
  const desired = workload.spec?.replicas ?? 1;
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
  } = workload.status ?? {};
  const fresh = state.pods.filter((pod) => templateIdOf(pod) === state.templateId);
  const [blocker] = blockersOf(now, {
    workload,
    replicaSets: state.replicaSets,
    pods: fresh,
    lostNodes: state.lostNodes,
  });
  const reason = blocker?.message ?? null;
  if (desired === 0) {
    return replicas === 0
      ? { status: 'STOPPED', reason: 'It is scaled to 0.' }
      : { status: 'PROGRESSING', reason: 'Its pods are being stopped.' };
  }
  const failed = workload.status?.conditions?.some(
    ({ type, status }) => type === 'Progressing' && status === 'False',
  );
  const settled =
    observedGeneration >= (workload.metadata?.generation ?? 0) &&
    replicas === desired &&
    updatedReplicas === desired;
  if (settled && availableReplicas >= desired) return { status: 'HEALTHY', reason: null };
  if (underWay) return { status: 'PROGRESSING', reason };
  if (failed || settled) {
    return { status: 'DEGRADED', reason: reason ?? `${availableReplicas} of ${desired} pods are available.` };
  }
  return { status: 'PROGRESSING', reason };
}

/** Old and new run side by side: in order as long as both do. */
function canaryStatus(
  state: WorkloadState,
  workload: Deployment,
  canary: Deployment,
  now: number,
): ServiceStatusValue {
  const fresh = state.pods.filter((pod) => templateIdOf(pod) === state.templateId);
  const [blocker] = blockersOf(now, {
    workload: canary,
    replicaSets: state.replicaSets,
    pods: fresh,
    lostNodes: state.lostNodes,
  });
  const lacking = [workload, canary].some(
    ({ spec, status }) => (status?.availableReplicas ?? 0) < (spec?.replicas ?? 1),
  );
  return blocker && lacking
    ? { status: 'DEGRADED', reason: blocker.message }
    : { status: 'PROGRESSING', reason: 'A canary is being tried.' };
}

export function replicaCountsOf(state: WorkloadState): ReplicaCountsValue {
  const { workload, canary } = state;
  const sum = (count: (deployment: Deployment | undefined) => number | undefined): number =>
    (count(workload) ?? 0) + (count(canary) ?? 0);
  const fresh = state.pods.filter(
    (pod) => templateIdOf(pod) === state.templateId && !pod.metadata?.deletionTimestamp,
  );
  const ready = fresh.filter((pod) => conditionOf(pod, 'Ready')?.status === 'True').length;
  return {
    desired: sum((deployment) => deployment?.spec?.replicas),
    updated: fresh.length,
    ready,
    available: Math.min(
      ready,
      sum((deployment) => deployment?.status?.availableReplicas),
    ),
  };
}
