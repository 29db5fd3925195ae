import type { Pod } from '../../shared/kubernetes/resources.js';

export interface PodCountsValue {
  total: number;
  pending: number;
  running: number;
  finished: number;
  unknown: number;
}

/** Pods by phase. */
export function podCounts(pods: readonly Pod[]): PodCountsValue {
  const counts = { total: pods.length, pending: 0, running: 0, finished: 0, unknown: 0 };
  for (const { status } of pods) counts[countOf[status?.phase ?? ''] ?? 'unknown']++;
  return counts;
}

const countOf: Readonly<Record<string, Exclude<keyof PodCountsValue, 'total'>>> = {
  Pending: 'pending',
  Running: 'running',
  Succeeded: 'finished',
  Failed: 'finished',
};
