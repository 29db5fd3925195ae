import type { Api, Draft, KubernetesObject } from '../storage/api.js';
import { draftOf, isEqual } from './draft.js';
import { controllerReference } from './ownership.js';
import { byAge, newReplicaSetSize, rolloutLimits } from './rollout-arithmetic.js';
import { templateHash } from './template-hash.js';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
const HASH_LABEL = 'pod-template-hash';

/** Annotations of a Deployment that are its own and not its ReplicaSets'. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);

const withoutHash = (template: any) => {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
};

/** The ReplicaSet of the Deployment's current template, if there is one; the oldest of several. */
export function findNewReplicaSet(
  deployment: KubernetesObject,
  replicaSets: readonly KubernetesObject[],
): KubernetesObject | undefined {
  const wanted = withoutHash(deployment['spec'].template);
  return [...replicaSets]
    .sort(byAge)
    .find((replicaSet) => isEqual(withoutHash(replicaSet['spec'].template), wanted));
}

export const revisionOf = (object: KubernetesObject): number =>
  Number(object.metadata.annotations?.[REVISION] ?? 0);

export const desiredReplicasOf = (replicaSet: KubernetesObject): number | undefined => {
  const value = replicaSet.metadata.annotations?.[DESIRED_REPLICAS];
  return value === undefined ? undefined : Number(value);
};

/** Writes the sizes that proportional scaling needs later. Answers whether anything changed. */
export function annotateSizes(draft: Draft, deployment: KubernetesObject): boolean {
  const replicas: number = deployment['spec'].replicas;
  return annotate(draft, {
    [DESIRED_REPLICAS]: String(replicas),
    [MAX_REPLICAS]: String(replicas + rolloutLimits(deployment).maxSurge),
  });
}

function annotate(draft: Draft, values: Readonly<Record<string, string>>): boolean {
  const before = draft.metadata['annotations'] ?? {};
  const changed = Object.entries(values).some(([key, value]) => before[key] !== value);
  if (changed) draft.metadata['annotations'] = { ...before, ...values };
  return changed;
}

/** Copies the Deployment's annotations and moves the revision to the newest; the old one goes to the history. */
function annotateRevision(draft: Draft, deployment: KubernetesObject, revision: number): boolean {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_COPIED.has(key),
  );
  let changed = annotate(draft, Object.fromEntries(copied));
  const before: string | undefined = draft.metadata['annotations']?.[REVISION];
  if (before !== undefined && Number(before) >= revision) return changed;
  changed = annotate(draft, { [REVISION]: String(revision) }) || changed;
  if (before !== undefined) {
    const history: string | undefined = draft.metadata['annotations'][REVISION_HISTORY];
    annotate(draft, { [REVISION_HISTORY]: history ? `${history},${before}` : before });
  }
  return changed;
}

export function nextRevision(oldReplicaSets: readonly KubernetesObject[]): number {
  return Math.max(0, ...oldReplicaSets.map(revisionOf)) + 1;
}

/** Takes an existing ReplicaSet back into use for the Deployment's template. */
export function reuseReplicaSet(
  api: Api,
  deployment: KubernetesObject,
  existing: KubernetesObject,
  revision: number,
): KubernetesObject {
  const draft = draftOf(existing);
  const annotated = annotateRevision(draft, deployment, revision);
  const minReadySeconds = deployment['spec'].minReadySeconds;
  const retimed = (draft['spec'].minReadySeconds ?? 0) !== (minReadySeconds ?? 0);
  if (!annotated && !retimed) return existing;
  if (retimed) draft['spec'].minReadySeconds = minReadySeconds;
  return api.update('replicasets', draft);
}

export function newReplicaSetDraft(
  deployment: KubernetesObject,
  others: readonly KubernetesObject[],
  revision: number,
): Draft {
  const { template, selector, minReadySeconds } = deployment['spec'];
  const hash = templateHash(withoutHash(template), deployment['status']?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const draft: Draft = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: newReplicaSetSize(deployment, others, 0),
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  annotateRevision(draft, deployment, revision);
  annotateSizes(draft, deployment);
  return structuredClone(draft);
}

/** Deletes the oldest empty ReplicaSets beyond revisionHistoryLimit. */
export function removeOldReplicaSets(
  api: Api,
  deployment: KubernetesObject,
  oldReplicaSets: readonly KubernetesObject[],
): void {
  const limit: number | undefined = deployment['spec'].revisionHistoryLimit;
  if (limit === undefined) return;
  const alive = oldReplicaSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const oldest = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, alive.length - limit);
  if (alive.length <= limit) return;
  for (const replicaSet of oldest) {
    const { spec, status, metadata } = replicaSet;
    const settled = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0);
    if (spec.replicas === 0 && (status?.replicas ?? 0) === 0 && settled)
      api.remove('replicasets', metadata.namespace, metadata.name, { propagationPolicy: 'Background' });
  }
}
