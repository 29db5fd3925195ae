import type { Deployment, Pod, ReplicaSet } from '../../shared/kubernetes/resources.js';
import { deploymentLabel, templateIdOf } from '../workload/labels.js';
import { blockersOf, conditionOf } from './blockers.js';
import type { Blocker, RolloutPhase } from './rollout-phase.js';

/** How far a rollout is. Stored with the record when it ends. */
export interface RolloutCounts {
  readonly phase: RolloutPhase;
  readonly desired: number;
  /** Pods of the new template. */
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** Pods of other templates that are still there, those being stopped included. */
  readonly old: number;
  readonly percent: number;
  readonly blockers: readonly Blocker[];
  /** RFC 3339; null while it gets on. */
  readonly stalledSince: string | null;
}

/** The record, as far as its rollout depends on it. */
export interface TrackedDeployment {
  readonly id: string;
  readonly templateId: string;
  readonly replicas: number;
  readonly progressDeadlineSeconds: number;
  readonly createdAt: Date;
  readonly appliedAt: Date | null;
}

export interface ClusterFacts {
  /** Undefined when the cluster has none. */
  readonly workload: Deployment | undefined;
  readonly replicaSets: readonly ReplicaSet[];
  /** All pods of the service. */
  readonly pods: readonly Pod[];
}

/** The controller reports a missed deadline itself; ours, a little later, is for when it does not. */
const deadlineGrace = 10_000;
/** Informers may be this much behind a write. */
const propagation = 10_000;

/**
 * A container without a readiness probe counts as ready as soon as it runs, also one that is about to end for want of
 * its configuration. It must have stayed so for a moment before anybody is told that all went well.
 */
const settling = 2_000;

const isReady = (pod: Pod): boolean => conditionOf(pod, 'Ready')?.status === 'True';
const isSettled = (pod: Pod, now: number): boolean =>
  (pod.spec?.containers ?? []).every(({ readinessProbe }) => readinessProbe) ||
  now - Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '') >= settling;
const isGoing = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined;
const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/**
 * Where a deployment stands, from its record and what the cluster shows. SUCCEEDED only when the controller has seen
 * this deployment's specification, all wanted pods of its template are available, and no pod of another template is
 * left but those already being stopped. A SCALE counts the pods of the template that was running.
 */
export function rolloutOf(record: TrackedDeployment, facts: ClusterFacts, now: number): RolloutCounts {
  const { workload } = facts;
  const alive = facts.pods.filter((pod) => !isGoing(pod) && !isOver(pod));
  const fresh = alive.filter((pod) => templateIdOf(pod) === record.templateId);
  const old = facts.pods.filter((pod) => templateIdOf(pod) !== record.templateId && !isOver(pod));
  const desired = workload && isOurs(workload, record) ? (workload.spec?.replicas ?? 1) : record.replicas;
  const ready = fresh.filter(isReady).length;
  const available = Math.min(ready, workload?.status?.availableReplicas ?? 0);
  const counts = { desired, updated: fresh.length, ready, available, old: old.length };
  const state = (phase: RolloutPhase, blockers: readonly Blocker[] = []): RolloutCounts => ({
    ...counts,
    phase,
    percent: percentOf(phase, counts),
    blockers,
    stalledSince: stalledSince(phase, blockers),
  });

  if (!workload) {
    const goneFor = record.appliedAt === null ? 0 : now - record.appliedAt.getTime();
    return goneFor > propagation ? state('FAILED', [missingWorkload]) : state('PENDING');
  }
  if (!isOurs(workload, record)) return state('PENDING');
  const seen = (workload.status?.observedGeneration ?? 0) >= (workload.metadata?.generation ?? 0);
  if (!seen) return state('PENDING');

  const blockers = blockersOf(now, {
    workload,
    replicaSets: facts.replicaSets.filter((set) => templateIdOf(set) === record.templateId),
    pods: fresh,
  });
  if (workload.spec?.paused) return state('PAUSED', blockers);

  const status = workload.status ?? {};
  const settled =
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired;
  const succeeded =
    settled &&
    counts.updated === desired &&
    ready === desired &&
    old.every(isGoing) &&
    fresh.every((pod) => isSettled(pod, now));
  if (succeeded) return state('SUCCEEDED');

  const deadline = deadlineBlocker(record, workload, facts.pods, now);
  if (deadline) return state('FAILED', [...blockers, deadline]);
  return state('PROGRESSING', blockers);
}

/** Was this deployment the last to write the Deployment? */
export const isOurs = (workload: Deployment, record: { id: string }): boolean =>
  workload.metadata?.annotations?.[deploymentLabel] === record.id;

const missingWorkload: Blocker = {
  kind: 'CONFIGURATION',
  message:
    'What this deployment had started was deleted in the cluster by someone else. Deploy again to bring it back.',
  pods: [],
  since: null,
};

function percentOf(phase: RolloutPhase, counts: { desired: number; available: number; old: number }): number {
  if (phase === 'SUCCEEDED') return 100;
  const reached = counts.desired === 0 ? 1 : Math.min(1, counts.available / counts.desired);
  return Math.floor(90 * reached) + (reached === 1 && counts.old === 0 ? 9 : 0);
}

function stalledSince(phase: RolloutPhase, blockers: readonly Blocker[]): string | null {
  if (phase !== 'PROGRESSING' && phase !== 'FAILED') return null;
  const times = blockers.flatMap(({ since }) => since ?? []).sort();
  return times[0] ?? null;
}

function deadlineBlocker(
  record: TrackedDeployment,
  workload: Deployment,
  pods: readonly Pod[],
  now: number,
): Blocker | undefined {
  const progressing = workload.status?.conditions?.find((condition) => condition.type === 'Progressing');
  const createdAt = record.createdAt.getTime();
  // Kubernetes' times have whole seconds; what is older than the record tells of an earlier rollout.
  const reported =
    progressing?.status === 'False' &&
    progressing.reason === 'ProgressDeadlineExceeded' &&
    Date.parse(progressing.lastUpdateTime ?? '') >= createdAt - 1_000;
  const lastProgress = Math.max(
    createdAt,
    record.appliedAt?.getTime() ?? 0,
    Date.parse(progressing?.lastUpdateTime ?? '') || 0,
    ...pods.map((pod) => Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '') || 0),
  );
  const overdue = now > lastProgress + record.progressDeadlineSeconds * 1_000 + deadlineGrace;
  if (!reported && !overdue) return undefined;
  return {
    kind: 'DEADLINE_EXCEEDED',
    message: `Nothing got on for ${record.progressDeadlineSeconds} seconds (progressDeadlineSeconds), so the deployment failed. The pods are left as they are: fix the cause and deploy again, or roll back.`,
    pods: [],
    since: reported ? (progressing?.lastUpdateTime ?? null) : new Date(lastProgress).toISOString(),
  };
}
