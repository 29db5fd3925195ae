import type { ErrorCode } from '../../shared/errors.js';
import type { Deployment, Pod, ReplicaSet } from '../../shared/kubernetes/resources.js';
import { deploymentLabel, templateIdOf } from '../workload/labels.js';
import { blockersOf, conditionOf, type LostNodes } from './blockers.js';
import { type CanaryProgress, type CanaryState, canaryProgress, sharesOf, stageOf } from './canary.js';
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
  /** Null for what is no canary. */
  readonly canary: CanaryProgress | null;
  /** Of one that the cluster refused: the code of its refusal. */
  readonly refusal?: ErrorCode;
}

/** The record, as far as its rollout depends on it. */
export interface TrackedDeployment {
  readonly id: string;
  readonly templateId: string;
  readonly replicas: number;
  readonly progressDeadlineSeconds: number;
  readonly canary: CanaryState | null;
  readonly createdAt: Date;
  readonly appliedAt: Date | null;
}

export interface ClusterFacts {
  /** The main one; undefined when the cluster has none. */
  readonly workload: Deployment | undefined;
  /** That of a canary, beside the main one. */
  readonly canary: Deployment | undefined;
  readonly replicaSets: readonly ReplicaSet[];
  /** All pods of the service. */
  readonly pods: readonly Pod[];
  /** Of the pods' nodes those that do not answer the cluster any more. */
  readonly lostNodes?: LostNodes;
}

/** What one process has seen so far. Without it nothing is concluded from the mere passing of time. */
export interface Sight {
  /** Since when the cluster has answered without a break: what was not seen is no time in which nothing got on. */
  readonly since: number;
  /** Since when the workload has been missing, or what somebody else made of it. */
  readonly lostSince: number | undefined;
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
const hasStayedReady = (pod: Pod, now: number): boolean =>
  (pod.spec?.containers ?? []).every(({ readinessProbe }) => readinessProbe) ||
  // The time is the cluster's: one whose clock is ahead would otherwise keep everybody waiting until ours is there.
  Math.abs(now - Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '')) >= settling;
const isGoing = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined;
const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/**
 * Where a deployment stands, from its record and what the cluster shows. SUCCEEDED only when the controller has seen
 * this deployment's specification, all wanted pods of its template are available, and no pod of another template is
 * left but those already being stopped. A SCALE counts the pods of the template that was running. A canary is looked at
 * in the workload of its own until its steps are passed, then in the main one.
 */
export function rolloutOf(
  record: TrackedDeployment,
  facts: ClusterFacts,
  now: number,
  sight?: Sight,
): RolloutCounts {
  const { canary } = record;
  const inSteps = isInSteps(record);
  const workload = inSteps ? facts.canary : facts.workload;
  const counts = countsOf(record, facts, inSteps);
  const state = (phase: RolloutPhase, blockers: readonly Blocker[] = []): RolloutCounts => ({
    ...counts,
    phase,
    percent: percentOf(phase, counts),
    blockers,
    stalledSince: stalledSince(phase, blockers),
    canary: canary && canaryProgress(canary),
  });

  if (!workload || !isOurs(workload, record)) {
    // A moment of it is normal: after a write informers are behind, and an object may be replaced in two steps.
    const isLost =
      record.appliedAt !== null && sight?.lostSince !== undefined && now - sight.lostSince > propagation;
    return isLost ? state('FAILED', [workload ? foreignWorkload : missingWorkload]) : state('PENDING');
  }
  if (!isSeen(workload)) {
    const late = deadlineBlocker(record, workload, [], now, sight);
    return late ? state('FAILED', [late]) : state('PENDING');
  }

  const fresh = freshPods(record, facts.pods);
  const blockers = blockersOf(now, {
    workload,
    replicaSets: facts.replicaSets.filter((set) => templateIdOf(set) === record.templateId),
    // Those that were taken away say why.
    pods: facts.pods.filter((pod) => templateIdOf(pod) === record.templateId),
    lostNodes: facts.lostNodes,
  });
  if (workload.spec?.paused) return state('PAUSED', blockers);
  if (inSteps && canary && canary.since !== null) {
    return state(canaryProgress(canary).waiting ? 'PAUSED' : 'PROGRESSING', blockers);
  }
  const succeeded =
    !inSteps &&
    // Else something of an earlier deployment may be left.
    record.appliedAt !== null &&
    isSettled(workload, facts.pods, record.templateId, now) &&
    counts.updated === counts.desired &&
    counts.ready === counts.desired &&
    oldPods(record, facts.pods).every(isGoing);
  if (succeeded) return state('SUCCEEDED');

  const deadline = deadlineBlocker(record, workload, fresh, now, sight);
  if (deadline) return state('FAILED', [...blockers, deadline]);
  return state('PROGRESSING', blockers);
}

/** What comes next in a canary, when it is time; undefined when it is not, and for every other deployment. */
export function canaryMove(
  record: TrackedDeployment,
  facts: ClusterFacts,
  now: number,
): 'REACHED' | 'NEXT' | undefined {
  const { canary, templateId } = record;
  // Nothing is concluded from what has yet to be applied.
  // Scaled to 0 it stays where it is.
  if (!canary || record.appliedAt === null || record.replicas === 0) return undefined;
  const stage = stageOf(canary);
  const shares = sharesOf(canary, record.replicas);
  const settled = (workload: Deployment | undefined, replicas: number): boolean =>
    workload !== undefined &&
    isOurs(workload, record) &&
    workload.spec?.replicas === replicas &&
    isSettled(workload, facts.pods, templateId, now);
  if (stage === 'STEP' && canary.since === null) {
    return shares.canary === 0 || settled(facts.canary, shares.canary) ? 'REACHED' : undefined;
  }
  if (stage === 'STEP') {
    const { nextStepAt } = canaryProgress(canary);
    const isTime = nextStepAt !== null && now >= Date.parse(nextStepAt);
    return isTime && !facts.canary?.spec?.paused ? 'NEXT' : undefined;
  }
  if (stage === 'TAKING_OVER') return settled(facts.workload, shares.main) ? 'NEXT' : undefined;
  return undefined;
}

/** Of a service that is scaled to 0 nothing can be tried: the main workload says how it stands. */
const isInSteps = ({ canary, replicas }: TrackedDeployment): boolean =>
  canary !== null && stageOf(canary) === 'STEP' && replicas > 0;

const isAlive = (pod: Pod): boolean => !isGoing(pod) && !isOver(pod);
const freshPods = ({ templateId }: TrackedDeployment, pods: readonly Pod[]): Pod[] =>
  pods.filter((pod) => isAlive(pod) && templateIdOf(pod) === templateId);
/** Those being stopped included. */
const oldPods = ({ templateId }: TrackedDeployment, pods: readonly Pod[]): Pod[] =>
  pods.filter((pod) => !isOver(pod) && templateIdOf(pod) !== templateId);

function countsOf(record: TrackedDeployment, { workload, canary, pods }: ClusterFacts, inSteps: boolean) {
  const fresh = freshPods(record, pods);
  const ready = fresh.filter(isReady).length;
  const availableOf = (of: Deployment | undefined): number =>
    of && isOurs(of, record) ? (of.status?.availableReplicas ?? 0) : 0;
  const available = availableOf(canary) + (inSteps ? 0 : (workload?.status?.availableReplicas ?? 0));
  const isOwn = !record.canary && workload !== undefined && isOurs(workload, record);
  return {
    desired: isOwn ? (workload.spec?.replicas ?? 1) : record.replicas,
    updated: fresh.length,
    ready,
    available: Math.min(ready, available),
    old: oldPods(record, pods).length,
  };
}

const isSeen = ({ status, metadata }: Deployment): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);

/** Are all wanted pods of a workload there, of its template, available, and no others? */
function isSettled(workload: Deployment, pods: readonly Pod[], templateId: string, now: number): boolean {
  const desired = workload.spec?.replicas ?? 1;
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = workload.status ?? {};
  return (
    isSeen(workload) &&
    updatedReplicas === desired &&
    replicas === desired &&
    availableReplicas === desired &&
    pods.every((pod) => !isAlive(pod) || templateIdOf(pod) !== templateId || hasStayedReady(pod, now))
  );
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

const foreignWorkload: Blocker = {
  kind: 'CONFIGURATION',
  message:
    'What this deployment had started was replaced in the cluster by someone else. Deploy again to bring it back.',
  pods: [],
  since: null,
};

/** Is what runs that of another deployment? Whose, when it says so; undefined when it is ours or not there. */
export function strangerOf(record: TrackedDeployment, facts: ClusterFacts): string | undefined {
  const workload = isInSteps(record) ? facts.canary : facts.workload;
  const owner = workload?.metadata?.annotations?.[deploymentLabel];
  return owner === record.id ? undefined : owner;
}

/** Is the workload missing, or somebody else's? */
export function isLost(record: TrackedDeployment, facts: ClusterFacts): boolean {
  const workload = isInSteps(record) ? facts.canary : facts.workload;
  return !workload || !isOurs(workload, record);
}

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
  fresh: readonly Pod[],
  now: number,
  sight: Sight | undefined,
): Blocker | undefined {
  const progressing = workload.status?.conditions?.find((condition) => condition.type === 'Progressing');
  const createdAt = record.createdAt.getTime();
  const reportedAt = Date.parse(progressing?.lastUpdateTime ?? '') || 0;
  // Kubernetes' times have whole seconds; what is older than the record tells of an earlier rollout.
  const reported =
    isSeen(workload) &&
    progressing?.status === 'False' &&
    progressing.reason === 'ProgressDeadlineExceeded' &&
    reportedAt >= createdAt - 1_000;
  // A container that keeps ending is ready for a moment each time, which the controller takes for progress.
  const isStable = (pod: Pod): boolean =>
    (pod.status?.containerStatuses ?? []).every(({ restartCount }) => restartCount === 0);
  const lastProgress = Math.max(
    createdAt,
    record.appliedAt?.getTime() ?? 0,
    sight?.since ?? now,
    fresh.every(isStable) ? reportedAt : 0,
    ...fresh
      .filter(isStable)
      .map((pod) => Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '') || 0),
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
