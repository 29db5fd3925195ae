import type { KubernetesObject } from '../storage/api.js';
import { type PacedClock, timestamp } from './clock.js';
import type { Condition } from './pod-condition.js';
import { rolloutLimits, specReplicas, statusSum } from './rollout-arithmetic.js';

export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly collisionCount?: number;
  readonly conditions?: readonly Condition[];
}

type NewCondition = Pick<Condition, 'type' | 'status'> & { reason: string; message: string };

export const conditionOf = (status: DeploymentStatus, type: string): Condition | undefined =>
  status.conditions?.find((condition) => condition.type === type);

export const withoutCondition = (status: DeploymentStatus, type: string): DeploymentStatus => ({
  ...status,
  conditions: (status.conditions ?? []).filter((condition) => condition.type !== type),
});

/** Appends the condition in place of its predecessor. The same status and reason is no change. */
export function withCondition(status: DeploymentStatus, next: NewCondition, now: number): DeploymentStatus {
  const before = conditionOf(status, next.type);
  if (before?.status === next.status && before['reason'] === next.reason) return status;
  const time = timestamp(now);
  const lastTransitionTime = (before?.status === next.status && before.lastTransitionTime) || time;
  const { type, status: state, reason, message } = next;
  const condition = { type, status: state, lastUpdateTime: time, lastTransitionTime, reason, message };
  const others = withoutCondition(status, type).conditions ?? [];
  return { ...status, conditions: [...others, condition] };
}

/** Also a condition of unchanged reason gets a new lastUpdateTime: the progress deadline counts from it. */
const withRenewedCondition = (
  status: DeploymentStatus,
  next: NewCondition,
  now: number,
): DeploymentStatus => {
  const before = conditionOf(status, next.type);
  const renewed = withCondition(withoutCondition(status, next.type), next, now);
  if (before?.status !== next.status) return renewed;
  const conditions = (renewed.conditions ?? []).map((condition) =>
    condition.type === next.type
      ? { ...condition, lastTransitionTime: before.lastTransitionTime ?? timestamp(now) }
      : condition,
  );
  return { ...renewed, conditions };
};

export function countReplicas(
  deployment: KubernetesObject,
  all: readonly KubernetesObject[],
  newReplicaSet: KubernetesObject | undefined,
  now: number,
): DeploymentStatus {
  const available = statusSum(all, 'availableReplicas');
  const { maxUnavailable } = rolloutLimits(deployment);
  const isAvailable = available >= deployment['spec'].replicas - maxUnavailable;
  const before: DeploymentStatus = deployment['status'] ?? {};
  const counted: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...positive('replicas', statusSum(all, 'replicas')),
    ...positive('updatedReplicas', newReplicaSet?.['status']?.replicas ?? 0),
    ...positive('readyReplicas', statusSum(all, 'readyReplicas')),
    ...positive('availableReplicas', available),
    ...positive('unavailableReplicas', specReplicas(all) - available),
    terminatingReplicas: statusSum(all, 'terminatingReplicas'),
    ...(before.collisionCount !== undefined && { collisionCount: before.collisionCount }),
    conditions: before.conditions ?? [],
  };
  return withCondition(
    counted,
    isAvailable
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    now,
  );
}

const positive = (field: string, count: number): Record<string, number> =>
  count > 0 ? { [field]: count } : {};

export function isComplete(deployment: KubernetesObject, status: DeploymentStatus): boolean {
  const wanted: number = deployment['spec'].replicas;
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/**
 * When the rollout counts as stuck, unless it moves before. Undefined when it cannot get stuck. At any pace it is as
 * long as it says: whoever watches the rollout counts it too.
 */
export function progressDeadline(deployment: KubernetesObject, status: DeploymentStatus): number | undefined {
  const seconds: number | undefined = deployment['spec'].progressDeadlineSeconds;
  const progressing = conditionOf(status, 'Progressing');
  if (seconds === undefined || seconds >= 2147483647 || !progressing) return undefined;
  if (['NewReplicaSetAvailable', 'ProgressDeadlineExceeded'].includes(progressing['reason']))
    return undefined;
  return Date.parse(progressing['lastUpdateTime']) + seconds * 1000;
}

/** Adds what the rollout has come to: the Progressing and ReplicaFailure conditions. */
export function withRolloutConditions(
  deployment: KubernetesObject,
  counted: DeploymentStatus,
  all: readonly KubernetesObject[],
  newReplicaSet: KubernetesObject | undefined,
  clock: PacedClock,
): DeploymentStatus {
  const progressed = withProgressing(deployment, counted, newReplicaSet, clock);
  const failing = [newReplicaSet, ...all]
    .flatMap((replicaSet) => replicaSet?.['status']?.conditions ?? [])
    .find(({ type }: Condition) => type === 'ReplicaFailure');
  if (!failing) return withoutCondition(progressed, 'ReplicaFailure');
  const { status, reason, message } = failing;
  return withCondition(progressed, { type: 'ReplicaFailure', status, reason, message }, clock.now());
}

function withProgressing(
  deployment: KubernetesObject,
  counted: DeploymentStatus,
  newReplicaSet: KubernetesObject | undefined,
  clock: PacedClock,
): DeploymentStatus {
  const now = clock.now();
  if (deployment['spec'].progressDeadlineSeconds === undefined)
    return withoutCondition(counted, 'Progressing');
  const before: DeploymentStatus = deployment['status'] ?? {};
  const current = conditionOf(before, 'Progressing');
  const settled =
    (counted.replicas ?? 0) === (counted.updatedReplicas ?? 0) &&
    current?.['reason'] === 'NewReplicaSetAvailable';
  if (settled) return counted;
  const subject = newReplicaSet
    ? `ReplicaSet "${newReplicaSet.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`;
  const progressing = (status: 'True' | 'False', reason: string, outcome: string): NewCondition => ({
    type: 'Progressing',
    status,
    reason,
    message: `${subject} ${outcome}`,
  });
  if (isComplete(deployment, counted))
    return withCondition(
      counted,
      progressing('True', 'NewReplicaSetAvailable', 'has successfully progressed.'),
      now,
    );
  if (hasProgressed(before, counted))
    return withRenewedCondition(counted, progressing('True', 'ReplicaSetUpdated', 'is progressing.'), now);
  const deadline = progressDeadline(deployment, before);
  if (deadline !== undefined && deadline < now)
    return withCondition(
      counted,
      progressing('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'),
      now,
    );
  return counted;
}
