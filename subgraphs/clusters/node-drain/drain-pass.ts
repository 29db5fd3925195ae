import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { type DrainedPod, type DrainOptions, isGone } from './drain-state.js';
import { type EvictionAnswer, evict, listPodsOf } from './eviction.client.js';

/** Evictions that are asked for at a time. */
const atOnce = 8;
const laterMs = 5_000;

/** When each pod may be asked for again: only in memory, for a process that takes over may ask at once. */
export type NextAttempts = Map<string, number>;

/**
 * One look at the node: what became of its pods, and evictions of those whose time has come. Throws when the cluster
 * does not answer; nothing is lost by doing it again.
 */
export async function drainPass(
  connection: KubernetesConnection,
  drain: { readonly nodeName: string; readonly options: DrainOptions; readonly pods: readonly DrainedPod[] },
  attempts: NextAttempts,
  now: () => number,
): Promise<DrainedPod[]> {
  const present = new Map(
    (await listPodsOf(connection, drain.nodeName)).map((pod) => [pod.metadata?.uid ?? '', pod]),
  );
  const pods = drain.pods.map((pod) => (isGone(pod) ? pod : seen(pod, present.get(pod.uid))));
  const due = pods.filter(
    ({ state, uid }) => (state === 'WAITING' || state === 'BLOCKED') && (attempts.get(uid) ?? 0) <= now(),
  );
  const answers = new Map<string, EvictionAnswer>();
  const waiting = [...due];
  await Promise.all(
    Array.from({ length: Math.min(atOnce, waiting.length) }, async () => {
      for (let pod = waiting.shift(); pod; pod = waiting.shift()) {
        const answer = await evict(connection, pod, drain.options.gracePeriodSeconds);
        answers.set(pod.uid, answer);
        if (answer.type === 'BLOCKED') attempts.set(pod.uid, now() + answer.retryAfterMs);
        if (answer.type === 'LATER') attempts.set(pod.uid, now() + laterMs);
      }
    }),
  );
  return pods.map((pod) => {
    const answer = answers.get(pod.uid);
    return answer ? answered(pod, answer) : pod;
  });
}

function seen(pod: DrainedPod, now: Pod | undefined): DrainedPod {
  if (!now) return { ...pod, state: 'GONE', reason: null, disruptionBudget: null };
  const { deletionTimestamp } = now.metadata ?? {};
  return deletionTimestamp ? terminating(pod) : pod;
}

const terminating = (pod: DrainedPod): DrainedPod => ({
  ...pod,
  state: 'TERMINATING',
  reason: 'It is shutting down.',
  disruptionBudget: null,
});

function answered(pod: DrainedPod, answer: EvictionAnswer): DrainedPod {
  switch (answer.type) {
    case 'EVICTED':
      return terminating(pod);
    case 'GONE':
      return { ...pod, state: 'GONE', reason: null, disruptionBudget: null };
    case 'BLOCKED':
      return {
        ...pod,
        state: 'BLOCKED',
        reason: answer.reason,
        disruptionBudget: answer.disruptionBudget,
      };
    case 'LATER':
      return { ...pod, state: 'WAITING', reason: answer.reason, disruptionBudget: null };
    case 'REFUSED':
      return { ...pod, state: 'REFUSED', reason: answer.reason, disruptionBudget: null };
  }
}
