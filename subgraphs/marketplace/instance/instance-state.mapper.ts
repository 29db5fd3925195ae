import { publicText } from '../../shared/kubernetes/public-text.js';
import { compareQuantities, parseQuantity, readQuantity } from '../../shared/kubernetes/quantity.js';
import type { PersistentVolumeClaim, Pod } from '../../shared/kubernetes/resources.js';
import type { InstanceEntity } from './instance.entity.js';
import type { ObservedWorkload } from './workload-observer.client.js';

export type InstanceStatusName =
  | 'PROVISIONING'
  | 'READY'
  | 'UPDATING'
  | 'DEGRADED'
  | 'FAILED'
  | 'DELETING'
  | 'UNKNOWN';

export interface StorageVolumeState {
  readonly name: string;
  readonly size: string;
  readonly storageClass: string | null;
  readonly phase: string;
}

export interface InstanceState {
  readonly status: InstanceStatusName;
  readonly reason: string | null;
  readonly storage: readonly StorageVolumeState[];
}

/** What an instance that gets no further is called after this. It may still become ready. */
const patienceMilliseconds = 15 * 60_000;

/** What an instance is now, from what was asked for and what the cluster shows. Never READY by default. */
export function stateOf(instance: InstanceEntity, observed: ObservedWorkload, now: number): InstanceState {
  return { ...judge(instance, observed, now), storage: observed.claims.map(volumeOf) };
}

function judge(
  instance: InstanceEntity,
  observed: ObservedWorkload,
  now: number,
): Pick<InstanceState, 'status' | 'reason'> {
  if (instance.phase === 'DELETING') return { status: 'DELETING', reason: instance.failure };
  if (instance.phase === 'FAILED') return { status: 'FAILED', reason: instance.failure };
  const isFirst = instance.settledRevision === null;
  if (instance.appliedRevision !== instance.revision) {
    return { status: isFirst ? 'PROVISIONING' : 'UPDATING', reason: instance.failure };
  }
  if (!observed.known) {
    return {
      status: 'UNKNOWN',
      reason: observed.observation.error?.message ?? 'The cluster has not answered yet.',
    };
  }
  if (isReady(instance, observed)) return { status: 'READY', reason: null };
  const reason = instance.failure ?? problemOf(instance, observed);
  const isSettled = instance.settledRevision === instance.revision;
  if (isSettled) {
    return observed.statefulSet
      ? { status: 'DEGRADED', reason: reason ?? readiness(instance, observed) }
      : {
          status: 'FAILED',
          reason: 'Its StatefulSet is gone from the cluster: update the instance to have it made anew.',
        };
  }
  if (now - (instance.appliedAt?.getTime() ?? now) > patienceMilliseconds) {
    return {
      status: 'FAILED',
      reason: `Not ready after 15 minutes. ${reason ?? readiness(instance, observed)}`,
    };
  }
  return { status: isFirst ? 'PROVISIONING' : 'UPDATING', reason: reason ?? readiness(instance, observed) };
}

type ReadyInstance = Pick<InstanceEntity, 'plan' | 'appliedGeneration' | 'storageSize'>;

/** Every pod of the newest template is ready, every volume is bound and as large as it should be. */
export function isReady(
  { plan, appliedGeneration, storageSize }: ReadyInstance,
  { statefulSet, claims }: Pick<ObservedWorkload, 'statefulSet' | 'claims'>,
): boolean {
  const { metadata, spec, status } = statefulSet ?? {};
  return (
    metadata?.deletionTimestamp === undefined &&
    status !== undefined &&
    (metadata?.generation ?? 1) >= (appliedGeneration ?? 1) &&
    (status.observedGeneration ?? 0) >= (metadata?.generation ?? 1) &&
    spec?.replicas === plan.replicas &&
    status.replicas === plan.replicas &&
    (status.readyReplicas ?? 0) === plan.replicas &&
    (status.updatedReplicas ?? 0) === plan.replicas &&
    claims.every((claim) => claim.status?.phase === 'Bound' && isLargeEnough(claim, storageSize))
  );
}

function isLargeEnough({ spec, status }: PersistentVolumeClaim, wanted: string): boolean {
  const requested = readQuantity(spec?.resources?.requests?.['storage']);
  const size = readQuantity(status?.capacity?.['storage']) ?? requested;
  const least = parseQuantity(wanted, []);
  return [requested, size].every((each) => each !== undefined && compareQuantities(each, least) >= 0);
}

const readiness = ({ plan }: InstanceEntity, { statefulSet }: ObservedWorkload): string =>
  `${statefulSet?.status?.readyReplicas ?? 0} of ${plan.replicas} pods are ready.`;

/** The first thing that keeps the pods from being ready, the most telling first. */
function problemOf({ storageSize }: InstanceEntity, { claims, pods }: ObservedWorkload): string | null {
  for (const pod of pods) {
    const problem = containerProblem(pod);
    if (problem) return problem;
  }
  for (const pod of pods) {
    const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (scheduled?.status === 'False') {
      return `Pod ${pod.metadata?.name} finds no node: ${publicText(scheduled.message ?? scheduled.reason ?? '')}`;
    }
  }
  const unbound = claims.find(({ status }) => status?.phase !== 'Bound');
  if (unbound) return `Volume ${nameOf(unbound)} is ${unbound.status?.phase ?? 'Pending'}.`;
  const growing = claims.find((claim) => !isLargeEnough(claim, storageSize));
  return growing ? `Volume ${nameOf(growing)} is being grown to ${storageSize}.` : null;
}

const nameOf = ({ metadata }: PersistentVolumeClaim): string => metadata?.name ?? '(unnamed)';

const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ImageInspectError']);

function containerProblem(pod: Pod): string | null {
  for (const { image, state, lastState } of pod.status?.containerStatuses ?? []) {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined) continue;
    if (imageReasons.has(reason)) return `Image ${image} can't be pulled: ${publicText(message ?? reason)}`;
    if (reason === 'CrashLoopBackOff') {
      const ended = lastState?.terminated;
      const how = ended
        ? ` (exit code ${ended.exitCode}${ended.reason ? `, ${publicText(ended.reason)}` : ''})`
        : '';
      return `The container of pod ${pod.metadata?.name} keeps ending${how}: read its log.`;
    }
    if (reason === 'CreateContainerConfigError') {
      return `The container of pod ${pod.metadata?.name} can't be made: ${publicText(message ?? reason)}`;
    }
  }
  return null;
}

function volumeOf({ metadata, spec, status }: PersistentVolumeClaim): StorageVolumeState {
  return {
    name: metadata?.name ?? '',
    size: status?.capacity?.['storage'] ?? spec?.resources?.requests?.['storage'] ?? '0',
    storageClass: spec?.storageClassName ?? null,
    phase: metadata?.deletionTimestamp === undefined ? (status?.phase ?? 'Pending') : 'Terminating',
  };
}
