export const nodeDrainStates = {
  RUNNING: 'Pods are being evicted.',
  SUCCEEDED: 'All pods that had to go are gone.',
  FAILED: 'Pods are left that the cluster does not let go, or the cluster is not registered any more.',
  TIMED_OUT: 'Pods were left when the time was over.',
  CANCELLED: 'Somebody cancelled it.',
} as const;
export type NodeDrainState = keyof typeof nodeDrainStates;

export const drainedPodStates = {
  WAITING: 'It is not evicted yet.',
  BLOCKED: 'A PodDisruptionBudget does not let it go now: it is tried again.',
  TERMINATING: 'It was evicted and is shutting down.',
  REFUSED: 'The cluster refuses to evict it.',
  GONE: 'It has left the node.',
} as const;
export type DrainedPodState = keyof typeof drainedPodStates;

/** One pod of a drain. */
export interface DrainedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly state: DrainedPodState;
  /** Why it is not gone, for a person. */
  readonly reason: string | null;
  /** Name of the PodDisruptionBudget that blocks it, when the cluster says. */
  readonly disruptionBudget: string | null;
}

export interface DrainOptions {
  /** Also pods without a controller, which nothing makes anew. */
  readonly force: boolean;
  /** Also pods whose emptyDir volumes are lost. */
  readonly deleteEmptyDirData: boolean;
  /** Null: each pod's own. */
  readonly gracePeriodSeconds: number | null;
  readonly timeoutSeconds: number;
}

export interface DrainEnd {
  readonly state: Exclude<NodeDrainState, 'RUNNING'>;
  readonly outcome: string;
}

export const isGone = ({ state }: DrainedPod): boolean => state === 'GONE';

/** Undefined as long as there is something to do and time for it. */
export function endOf(
  pods: readonly DrainedPod[],
  times: { readonly now: number; readonly deadline: number },
): DrainEnd | undefined {
  const left = pods.filter((pod) => !isGone(pod));
  if (left.length === 0)
    return { state: 'SUCCEEDED', outcome: `All ${pods.length} pods have left the node.` };
  if (left.every(({ state }) => state === 'REFUSED')) {
    return {
      state: 'FAILED',
      outcome: `These could not be evicted: ${named(left)}. ${left[0]?.reason ?? ''}`,
    };
  }
  if (times.now >= times.deadline) {
    const outcome = `The time was over before these were gone: ${named(left)}.${heldBy(left)}`;
    return { state: 'TIMED_OUT', outcome };
  }
  return undefined;
}

/** The budgets that did not let them go at the end, as `namespace/name`. */
function heldBy(pods: readonly DrainedPod[]): string {
  const budgets = new Map<string, { namespace: string; name: string }>();
  for (const { namespace, disruptionBudget: name } of pods) {
    if (name !== null) budgets.set(`${namespace}/${name}`, { namespace, name });
  }
  return budgets.size > 0 ? ` PodDisruptionBudgets stood in the way: ${named([...budgets.values()])}.` : '';
}

const mostNamed = 10;

/** `namespace/name` of the first ones, and how many more there are. */
export function named(pods: readonly { readonly namespace: string; readonly name: string }[]): string {
  const names = pods.slice(0, mostNamed).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = pods.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
