import type { KubernetesObject } from '../storage/api.js';
import { findCondition, isPodReady } from './pod-condition.js';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_ORDER: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

const readySince = (pod: KubernetesObject): number =>
  Date.parse(findCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0;

const restarts = (pod: KubernetesObject): number =>
  Math.max(0, ...(pod['status']?.containerStatuses ?? []).map((status: any) => status.restartCount));

/** The order in which a ReplicaSet gives up its pods: the least useful first, then the most crowded, then the newest. */
export function rankForDeletion(
  pods: readonly KubernetesObject[],
  podsOnNode: (node: string) => number,
): KubernetesObject[] {
  const criteria: ((pod: KubernetesObject) => number)[] = [
    (pod) => (pod['spec'].nodeName ? 1 : 0),
    (pod) => PHASE_ORDER[pod['status']?.phase] ?? 0,
    (pod) => (isPodReady(pod) ? 1 : 0),
    (pod) => Number(pod.metadata.annotations?.[DELETION_COST] ?? 0),
    (pod) => -(pod['spec'].nodeName ? podsOnNode(pod['spec'].nodeName) : 0),
    (pod) => (isPodReady(pod) ? -readySince(pod) : 0),
    (pod) => -restarts(pod),
    (pod) => -Date.parse(pod.metadata.creationTimestamp),
  ];
  return [...pods].sort((a, b) => {
    for (const criterion of criteria) {
      const difference = criterion(a) - criterion(b);
      if (difference !== 0) return difference;
    }
    return a.metadata.name.localeCompare(b.metadata.name);
  });
}
