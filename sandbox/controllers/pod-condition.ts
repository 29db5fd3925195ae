import type { KubernetesObject } from '../storage/api.js';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
  readonly [field: string]: any;
}

export const findCondition = (object: KubernetesObject, type: string): Condition | undefined =>
  object.status?.conditions?.find((condition: Condition) => condition.type === type);

export const isPodReady = (pod: KubernetesObject): boolean => findCondition(pod, 'Ready')?.status === 'True';

export const isPodFinished = (pod: KubernetesObject): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Counts towards the replicas of its controller. */
export const isPodActive = (pod: KubernetesObject): boolean =>
  !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined;

export const isPodTerminating = (pod: KubernetesObject): boolean =>
  pod.metadata.deletionTimestamp !== undefined && !isPodFinished(pod);

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: KubernetesObject, minReadySeconds: number, now: number): boolean {
  const ready = findCondition(pod, 'Ready');
  if (ready?.status !== 'True') return false;
  return minReadySeconds === 0 || Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 <= now;
}
