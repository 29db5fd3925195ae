import { apiPath } from '../../shared/kubernetes/api-path.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import type { MissingRight, RightsAnswer } from './cluster-warning.js';
import type { RequiredRight } from './required-rights.js';

/** Leaves most of a cluster's places for calls to those who wait for an answer. */
const questionsAtOnce = 6;

const reviews = apiPath({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'selfsubjectaccessreviews',
});
const whoAmI = apiPath({ group: 'authentication.k8s.io', version: 'v1', resource: 'selfsubjectreviews' });

/**
 * Which of the rights the connection's account lacks, by SelfSubjectAccessReview: the cluster's own authorizers decide,
 * whatever they are. (A SelfSubjectRulesReview would be one call, but is about one namespace and is incomplete with
 * authorizers other than RBAC.) Null when the cluster can not be asked that.
 */
export async function reviewRights(
  connection: KubernetesConnection,
  rights: readonly RequiredRight[],
): Promise<RightsAnswer> {
  const questions = rights.flatMap(({ group, resource, verbs }) =>
    verbs.map((verb) => ({ group, resource, verb })),
  );
  const missing: MissingRight[] = [];
  let next = 0;
  let answered = true;
  const ask = async (): Promise<void> => {
    for (let question = questions[next++]; question && answered; question = questions[next++]) {
      const allowed = await isAllowed(connection, question);
      if (allowed === undefined) answered = false;
      else if (!allowed) missing.push({ ...question, verbs: [question.verb] });
    }
  };
  await Promise.all(Array.from({ length: questionsAtOnce }, ask));
  return answered ? grouped(missing) : null;
}

/** Undefined when the cluster does not say. */
async function isAllowed(
  connection: KubernetesConnection,
  { group, resource, verb }: { group: string; resource: string; verb: string },
): Promise<boolean | undefined> {
  const [name, subresource] = resource.split('/');
  const review = await create<{ status?: { allowed?: unknown } }>(connection, reviews, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, group, resource: name, ...(subresource ? { subresource } : {}) } },
  });
  const allowed = review?.status?.allowed;
  return typeof allowed === 'boolean' ? allowed : undefined;
}

/** Who the cluster takes the account for; undefined when it does not say (before 1.28 it can not). */
export async function reviewAccount(connection: KubernetesConnection): Promise<string | undefined> {
  const review = await create<{ status?: { userInfo?: { username?: unknown } } }>(connection, whoAmI, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
  });
  const name = review?.status?.userInfo?.username;
  return typeof name === 'string' ? name.slice(0, 300) : undefined;
}

/** A review changes nothing: it may be repeated. Undefined when it is refused as such, not served, or not allowed. */
async function create<T>(
  connection: KubernetesConnection,
  path: ReturnType<typeof apiPath>,
  body: object,
): Promise<T | undefined> {
  try {
    return await connection.request<T | undefined>({ method: 'POST', path, body, idempotent: true });
  } catch (error) {
    const code = statusOf(error)?.code;
    if (code === 403 || code === 404 || code === 405) return undefined;
    throw error;
  }
}

/** One entry for each resource, in a fixed order, so that equal answers are equal. */
function grouped(missing: readonly MissingRight[]): MissingRight[] {
  const byResource = new Map<string, MissingRight>();
  for (const { group, resource, verbs } of missing) {
    const key = `${group}/${resource}`;
    const known = byResource.get(key)?.verbs ?? [];
    byResource.set(key, { group, resource, verbs: [...new Set([...known, ...verbs])].sort() });
  }
  return [...byResource.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}
