import type { KubernetesObject } from '../../storage/api.js';
import type { PacedClock } from '../clock.js';
import { type Condition, findCondition } from '../pod-condition.js';
import { indexOf } from './job-pods.js';

/** How a Job ended, as its conditions and its event say. */
export interface JobEnd {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

export const isJobFinished = (job: KubernetesObject): boolean =>
  ['Complete', 'Failed'].some((type) => findCondition(job, type)?.status === 'True');

/** In milliseconds since the epoch; 0 for a Job that has not ended. */
export const finishedAt = (job: KubernetesObject): number =>
  Math.max(
    ...['Complete', 'Failed'].map(
      (type) => Date.parse(findCondition(job, type)?.lastTransitionTime ?? '') || 0,
    ),
  );

/** The Job's status with pods that have ended and were not counted before. */
export function withEnded(
  job: KubernetesObject,
  ended: readonly KubernetesObject[],
  time: string,
): Record<string, any> {
  const before = job['status'] ?? {};
  const counted: Record<string, any> = {
    ...before,
    startTime: job['spec'].suspend ? undefined : (before.startTime ?? time),
    uncountedTerminatedPods: {},
  };
  const indexes = new Set<string>((before.completedIndexes ?? '').split(',').filter(Boolean));
  for (const pod of ended) {
    const field = pod['status'].phase === 'Succeeded' ? 'succeeded' : 'failed';
    counted[field] = (counted[field] ?? 0) + 1;
    const index = indexOf(pod);
    if (field === 'succeeded' && index !== undefined) indexes.add(index);
  }
  if (job['spec'].completionMode === 'Indexed' && indexes.size > 0) {
    counted['completedIndexes'] = [...indexes].sort((a, b) => Number(a) - Number(b)).join(',');
    counted['succeeded'] = indexes.size;
  }
  return counted;
}

/** activeDeadlineSeconds, in milliseconds since the epoch; undefined for a Job without one, or not started. */
export function deadlineOf(
  { spec }: KubernetesObject,
  counted: Record<string, any>,
  clock: PacedClock,
): number | undefined {
  const seconds: number | undefined = spec.activeDeadlineSeconds;
  if (seconds === undefined || !counted['startTime']) return undefined;
  return Date.parse(counted['startTime']) + clock.scaled(seconds * 1000);
}

/** Undefined while the Job goes on. */
export function jobEnd(
  { spec }: KubernetesObject,
  counted: Record<string, any>,
  { isOverdue, hasActive }: { readonly isOverdue: boolean; readonly hasActive: boolean },
): JobEnd | undefined {
  if ((counted['failed'] ?? 0) > spec.backoffLimit) return TOO_MANY_FAILURES;
  if (isOverdue) return TOO_LONG;
  const succeeded: number = counted['succeeded'] ?? 0;
  const isComplete =
    spec.completions === undefined ? succeeded > 0 && !hasActive : succeeded >= spec.completions;
  return isComplete ? COMPLETE : undefined;
}

const TOO_MANY_FAILURES: JobEnd = {
  type: 'Failed',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};
const TOO_LONG: JobEnd = {
  type: 'Failed',
  reason: 'DeadlineExceeded',
  message: 'Job was active longer than specified deadline',
};
const COMPLETE: JobEnd = {
  type: 'Complete',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

/** The condition of the end, after the one that announces it. */
export const endConditions = ({ type, reason, message }: JobEnd, time: string): readonly Condition[] =>
  [type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', type].map((each) => ({
    type: each,
    status: 'True',
    lastProbeTime: time,
    lastTransitionTime: time,
    reason,
    message,
  }));

export const suspendedCondition = (isSuspended: boolean, time: string) => ({
  type: 'Suspended',
  status: isSuspended ? 'True' : 'False',
  lastProbeTime: time,
  lastTransitionTime: time,
  reason: isSuspended ? 'JobSuspended' : 'JobResumed',
  message: isSuspended ? 'Job suspended' : 'Job resumed',
});
