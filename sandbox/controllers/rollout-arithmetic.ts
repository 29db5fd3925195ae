import type { KubernetesObject } from '../storage/api.js';

type IntOrPercent = number | string | undefined;

const resolve = (value: IntOrPercent, total: number, round: (n: number) => number): number => {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((total * Number.parseInt(value, 10)) / 100) : Number.parseInt(value, 10);
};

export interface RolloutLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Surge rounds up and unavailability down; never both nothing, or a rollout could not move. */
export function rolloutLimits(deployment: KubernetesObject): RolloutLimits {
  const { replicas, strategy } = deployment['spec'];
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const rolling = strategy?.rollingUpdate ?? {};
  const maxSurge = resolve(rolling.maxSurge, replicas, Math.ceil);
  const unavailable = resolve(rolling.maxUnavailable, replicas, Math.floor);
  const maxUnavailable = maxSurge === 0 && unavailable === 0 ? 1 : unavailable;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

/** For budgets, where percentages round up. */
export const resolveRoundingUp = (value: IntOrPercent, total: number): number =>
  resolve(value, total, Math.ceil);

export const specReplicas = (replicaSets: readonly KubernetesObject[]): number =>
  replicaSets.reduce((sum, replicaSet) => sum + replicaSet['spec'].replicas, 0);

export const statusSum = (replicaSets: readonly KubernetesObject[], field: string): number =>
  replicaSets.reduce((sum, replicaSet) => sum + (replicaSet['status']?.[field] ?? 0), 0);

/** How many replicas the new ReplicaSet may have now. */
export function newReplicaSetSize(
  deployment: KubernetesObject,
  all: readonly KubernetesObject[],
  current: number,
): number {
  const wanted: number = deployment['spec'].replicas;
  if (deployment['spec'].strategy?.type === 'Recreate') return wanted;
  const room = wanted + rolloutLimits(deployment).maxSurge - specReplicas(all);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

/** Shares a change of size among the ReplicaSets of a running rollout by their sizes. */
export function proportionalSizes(
  deployment: KubernetesObject,
  active: readonly KubernetesObject[],
): Map<KubernetesObject, number> {
  const wanted: number = deployment['spec'].replicas;
  const allowed = wanted > 0 ? wanted + rolloutLimits(deployment).maxSurge : 0;
  const toAdd = allowed - specReplicas(active);
  const newestFirst = toAdd > 0 ? 1 : -1;
  const sorted = [...active].sort(
    (a, b) => b['spec'].replicas - a['spec'].replicas || newestFirst * byAge(b, a),
  );
  const sizes = new Map<KubernetesObject, number>();
  let added = 0;
  for (const replicaSet of sorted) {
    const fraction = toAdd === 0 ? 0 : fractionOf(deployment, replicaSet, allowed);
    const left = toAdd - added;
    const share = toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
    const change = replicaSet['spec'].replicas === 0 || left === 0 ? 0 : share;
    sizes.set(replicaSet, replicaSet['spec'].replicas + change);
    added += change;
  }
  const first = sorted[0];
  if (first && toAdd !== 0) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + toAdd - added));
  return sizes;
}

function fractionOf(deployment: KubernetesObject, replicaSet: KubernetesObject, allowed: number): number {
  const size: number = replicaSet['spec'].replicas;
  if (deployment['spec'].replicas === 0) return -size;
  const annotated = Number(replicaSet.metadata.annotations?.['deployment.kubernetes.io/max-replicas']);
  const before = annotated > 0 ? annotated : deployment['status']?.replicas || deployment['spec'].replicas;
  return Math.round((size * allowed) / before) - size;
}

export const byAge = (a: KubernetesObject, b: KubernetesObject): number =>
  a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp) ||
  a.metadata.name.localeCompare(b.metadata.name);
