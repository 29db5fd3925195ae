import type { Draft, KubernetesObject } from '../../storage/api.js';
import type { PacedClock } from '../clock.js';
import { isPodFinished } from '../pod-condition.js';
import { podFromTemplate } from '../pod-factory.js';

/** Keeps a finished pod until its Job has counted it. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';
const INDEX = 'batch.kubernetes.io/job-completion-index';
const FIRST_BACK_OFF_MS = 10_000;
const LAST_BACK_OFF_MS = 600_000;

export const isTracked = ({ metadata }: KubernetesObject): boolean =>
  metadata.finalizers?.includes(TRACKING) ?? false;

/** Ended, and not counted by its Job yet. */
export const isUncounted = (pod: KubernetesObject): boolean => isPodFinished(pod) && isTracked(pod);

/** The completion index of a pod of an indexed Job. */
export const indexOf = ({ metadata }: KubernetesObject): string | undefined => metadata.annotations?.[INDEX];

/** With an index for indexed Jobs. */
export function jobPodDraft(job: KubernetesObject, index: number | undefined): Draft {
  const base = index === undefined ? job.metadata.name : `${job.metadata.name}-${index}`;
  const draft = podFromTemplate(job, { generateName: `${base}-` });
  draft.metadata['finalizers'] = [...(draft.metadata['finalizers'] ?? []), TRACKING];
  if (index === undefined) return draft;
  draft.metadata['annotations'] = { ...draft.metadata['annotations'], [INDEX]: String(index) };
  draft.metadata['labels'] = { ...draft.metadata['labels'], [INDEX]: String(index) };
  draft['spec'].hostname = base;
  return draft;
}

/** The indexes that the next pods get: undefined for each pod of a Job without indexes. */
export function indexesFor(
  job: KubernetesObject,
  active: readonly KubernetesObject[],
  counted: Record<string, any>,
  count: number,
): (number | undefined)[] {
  if (job['spec'].completionMode !== 'Indexed') return Array.from({ length: count }, () => undefined);
  const taken = new Set([...String(counted['completedIndexes'] ?? '').split(','), ...active.map(indexOf)]);
  return Array.from({ length: job['spec'].completions ?? 0 }, (_, index) => index)
    .filter((index) => !taken.has(String(index)))
    .slice(0, count);
}

/** When a pod may be made again: 10 s, 20 s, 40 s, … after the last failure. In the past when nothing holds it up. */
export function backOffUntil(
  counted: Record<string, any>,
  pods: readonly KubernetesObject[],
  clock: PacedClock,
): number {
  const failed: number = counted['failed'] ?? 0;
  const ends = pods
    .filter((pod) => pod['status']?.phase === 'Failed')
    .flatMap((pod) =>
      (pod['status'].containerStatuses ?? []).map((status: any) => status.state?.terminated?.finishedAt),
    )
    .map((time) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time));
  if (failed === 0 || ends.length === 0) return Number.NEGATIVE_INFINITY;
  return Math.max(...ends) + clock.scaled(Math.min(FIRST_BACK_OFF_MS * 2 ** (failed - 1), LAST_BACK_OFF_MS));
}
