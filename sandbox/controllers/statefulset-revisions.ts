import type { Api, KubernetesObject } from '../storage/api.js';
import { draftOf, isEqual } from './draft.js';
import { controllerReference, isControlledBy } from './ownership.js';
import { templateHash } from './template-hash.js';

const HASH_LABEL = 'controller.kubernetes.io/hash';

/** The revision that pods have now and the one that they should come to. */
export interface Revisions {
  readonly current: KubernetesObject;
  readonly update: KubernetesObject;
}

const templateOf = (revision: KubernetesObject): any => {
  const { $patch: _, ...template } = revision['data'].spec.template;
  return template;
};

/** The StatefulSet as it was at a revision. */
export const atRevision = (set: KubernetesObject, revision: KubernetesObject): KubernetesObject => ({
  ...set,
  spec: { ...set['spec'], template: templateOf(revision) },
});

/** Finds or makes the ControllerRevision of the template; an older one of the same template is moved to the end. */
export function provideRevisions(api: Api, set: KubernetesObject): Revisions {
  const { namespace } = set.metadata;
  const owned = api
    .list('controllerrevisions', { ...(namespace && { namespace }) })
    .filter((revision) => isControlledBy(revision, set))
    .sort((a, b) => a['revision'] - b['revision']);
  const last = owned.at(-1);
  const next = (last?.['revision'] ?? 0) + 1;
  const equal = owned.filter((revision) => isEqual(templateOf(revision), set['spec'].template)).at(-1);
  const update =
    equal === undefined
      ? createRevision(api, set, next)
      : equal === last
        ? equal
        : api.update('controllerrevisions', { ...draftOf(equal), revision: next });
  const current = owned.find(({ metadata }) => metadata.name === set['status']?.currentRevision) ?? update;
  removeOldRevisions(api, set, owned, new Set([current.metadata.name, update.metadata.name]));
  return { current, update };
}

function createRevision(api: Api, set: KubernetesObject, revision: number): KubernetesObject {
  const { template } = set['spec'];
  const hash = templateHash(template, set['status']?.collisionCount ?? 0);
  return api.create('controllerrevisions', {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...template.metadata?.labels, [HASH_LABEL]: hash },
      ownerReferences: [controllerReference(set)],
    },
    data: { spec: { template: { $patch: 'replace', ...structuredClone(template) } } },
    revision,
  });
}

function removeOldRevisions(
  api: Api,
  set: KubernetesObject,
  owned: readonly KubernetesObject[],
  inUse: ReadonlySet<string>,
): void {
  const limit: number = set['spec'].revisionHistoryLimit ?? 10;
  const unused = owned.filter(({ metadata }) => !inUse.has(metadata.name));
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit)))
    api.remove('controllerrevisions', metadata.namespace, metadata.name);
}
