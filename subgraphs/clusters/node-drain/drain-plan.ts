import type { InputProblem } from '../../shared/errors.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { isRunningOrWaiting } from '../capacity/pod-requests.js';
import { type DrainedPod, type DrainOptions, named } from './drain-state.js';

export const skipReasons = {
  DAEMON_SET: 'A DaemonSet runs it on every node, cordoned or not: it would come back at once.',
  MIRROR: "The kubelet runs it from a file on the node: the API server can't remove it.",
} as const;
export type SkipReason = keyof typeof skipReasons;

export interface SkippedPod {
  readonly namespace: string;
  readonly name: string;
  readonly reason: SkipReason;
}

export interface DrainPlan {
  readonly evict: readonly DrainedPod[];
  readonly skipped: readonly SkippedPod[];
}

const mirrorAnnotation = 'kubernetes.io/config.mirror';

const controllerOf = ({ metadata }: Pod) =>
  metadata?.ownerReferences?.find(({ controller }) => controller === true);
const hasEmptyDir = ({ spec }: Pod): boolean => spec?.volumes?.some(({ emptyDir }) => emptyDir) ?? false;
const nameOf = ({ metadata }: Pod) => ({
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
});

/**
 * Which pods have to leave, which stay, and what speaks against it: the filters of `kubectl drain --ignore-daemonsets`
 * (k8s.io/kubectl/pkg/drain/filters.go). What is finished may always go.
 */
export function planDrain(
  pods: readonly Pod[],
  options: Pick<DrainOptions, 'force' | 'deleteEmptyDirData'>,
): { plan: DrainPlan; problems: InputProblem[] } {
  const skipped: SkippedPod[] = [];
  const evict: Pod[] = [];
  for (const pod of pods) {
    const reason = skipReasonOf(pod);
    if (reason) skipped.push({ ...nameOf(pod), reason });
    else evict.push(pod);
  }
  const running = evict.filter(isRunningOrWaiting);
  const problems: InputProblem[] = [];
  const unmanaged = options.force ? [] : running.filter((pod) => !controllerOf(pod));
  if (unmanaged.length > 0) {
    problems.push({
      field: ['input', 'force'],
      message: `No controller makes these pods anew: ${named(unmanaged.map(nameOf))}. Delete them, or give force: true.`,
    });
  }
  const holding = options.deleteEmptyDirData ? [] : running.filter(hasEmptyDir);
  if (holding.length > 0) {
    problems.push({
      field: ['input', 'deleteEmptyDirData'],
      message: `These pods lose data in emptyDir volumes: ${named(holding.map(nameOf))}. Give deleteEmptyDirData: true if that is all right.`,
    });
  }
  return { plan: { evict: evict.map(toDrainedPod), skipped }, problems };
}

function skipReasonOf(pod: Pod): SkipReason | undefined {
  if (pod.metadata?.annotations?.[mirrorAnnotation] !== undefined) return 'MIRROR';
  if (controllerOf(pod)?.kind === 'DaemonSet' && isRunningOrWaiting(pod)) return 'DAEMON_SET';
  return undefined;
}

const toDrainedPod = (pod: Pod): DrainedPod => ({
  ...nameOf(pod),
  uid: pod.metadata?.uid ?? '',
  state: 'WAITING',
  reason: null,
  disruptionBudget: null,
});
