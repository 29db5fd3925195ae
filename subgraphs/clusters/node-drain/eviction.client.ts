import { MeridianError } from '../../shared/errors.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import { type KubernetesStatus, statusOf } from '../../shared/kubernetes/errors.js';
import { listObjects } from '../../shared/kubernetes/objects.js';
import { publicText } from '../../shared/kubernetes/public-text.js';
import { objectPath, type Pod, resources } from '../../shared/kubernetes/resources.js';
import type { DrainedPod } from './drain-state.js';

export type EvictionAnswer =
  | { readonly type: 'EVICTED' | 'GONE' }
  /** 429: a budget leaves no room now, or was not observed yet. */
  | {
      readonly type: 'BLOCKED';
      readonly reason: string;
      readonly disruptionBudget: string | null;
      readonly retryAfterMs: number;
    }
  /** The server is busy, or the pod's namespace is being deleted, and the pod with it. */
  | { readonly type: 'LATER'; readonly reason: string }
  | { readonly type: 'REFUSED'; readonly reason: string };

/** kubectl's pace where the server names none. */
const defaultRetryMs = 5_000;

/** All pods that are bound to the node, as the cluster has them now. */
export async function listPodsOf(connection: KubernetesConnection, nodeName: string): Promise<Pod[]> {
  const { items } = await listObjects(connection, resources.pods, {
    fieldSelector: `spec.nodeName=${nodeName}`,
  });
  return items;
}

/**
 * Asks for one eviction (https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/). Throws only what is
 * no answer of the API server: then it is unknown whether the pod was evicted.
 */
export async function evict(
  connection: KubernetesConnection,
  { namespace, name, uid }: Pick<DrainedPod, 'namespace' | 'name' | 'uid'>,
  gracePeriodSeconds: number | null,
  options: { readonly dryRun?: boolean } = {},
): Promise<EvictionAnswer> {
  try {
    await connection.request({
      method: 'POST',
      path: objectPath(resources.pods, { namespace, name }, 'eviction'),
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
        deleteOptions: {
          // Another pod of that name, such as a StatefulSet's next, is not meant.
          preconditions: { uid },
          ...(gracePeriodSeconds === null ? {} : { gracePeriodSeconds }),
          ...(options.dryRun ? { dryRun: ['All'] } : {}),
        },
      },
    });
    return { type: 'EVICTED' };
  } catch (error) {
    const status = statusOf(error);
    if (!status || !(error instanceof MeridianError)) throw error;
    return answerOf(status, error);
  }
}

function answerOf(status: KubernetesStatus, error: MeridianError): EvictionAnswer {
  const causes = status.details.causes ?? [];
  const causeOf = (reason: string) => causes.find((cause) => cause.reason === reason);
  if (status.code === 404) return { type: 'GONE' };
  // The precondition failed: the pod is another by now.
  if (status.code === 409) return { type: 'LATER', reason: error.message };
  const budget = causeOf('DisruptionBudget');
  if (status.code === 429 && budget) {
    const said = publicText(budget.message ?? status.message);
    return {
      type: 'BLOCKED',
      reason: said,
      disruptionBudget: /disruption budget ([\w.-]*\w)/.exec(said)?.[1] ?? null,
      retryAfterMs:
        status.retryAfterSeconds === undefined ? defaultRetryMs : status.retryAfterSeconds * 1_000,
    };
  }
  if (status.code === 429 || causeOf('NamespaceTerminating')) return { type: 'LATER', reason: error.message };
  // Two budgets: 500 with a text and without a reason (kubernetes-captures 17).
  if (status.code < 500 || error.code === 'CLUSTER_REJECTED')
    return { type: 'REFUSED', reason: error.message };
  throw error;
}
