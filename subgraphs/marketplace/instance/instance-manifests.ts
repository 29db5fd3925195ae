import type { Secret, StatefulSet } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { type ManifestSubject, renderSecret, renderWorkload } from '../offering/manifest-rendering.js';
import { findVersion, type Offering } from '../offering/offering.js';
import type { InstanceEntity } from './instance.entity.js';
import { claimNamesOf } from './instance-names.js';
import type { RandomText } from './random-text.js';

/** What a manifest needs to know of an instance; `claimSize` may be given to see what a larger volume would take. */
export type RenderedInstance = Pick<
  InstanceEntity,
  | 'id'
  | 'name'
  | 'namespace'
  | 'credentialsSecret'
  | 'plan'
  | 'version'
  | 'parameters'
  | 'storageClass'
  | 'claimSize'
>;

/** The Kubernetes objects of an instance but its Secret, in the order in which they are applied. */
export const workloadOf = (offering: Offering, instance: RenderedInstance): KubernetesObject[] =>
  renderWorkload(offering, subjectOf(offering, instance));

/** The Secret with new credentials. */
export function newSecretOf(offering: Offering, instance: RenderedInstance, randomText: RandomText): Secret {
  const credentials = offering.definition.credentials.map((name) => [name, randomText(passwordLength)]);
  return renderSecret(
    offering,
    subjectOf(offering, instance),
    Object.fromEntries(credentials) as Record<string, string>,
  );
}

/** The claims that the StatefulSet among the objects has made, or takes over when they are there. */
export function claimNamesIn(objects: readonly KubernetesObject[]): string[] {
  const set = objects.find(({ kind }) => kind === 'StatefulSet') as StatefulSet | undefined;
  return (set?.spec?.volumeClaimTemplates ?? []).flatMap(({ metadata }) =>
    claimNamesOf(metadata?.name ?? '', set?.metadata?.name ?? '', set?.spec?.replicas ?? 1),
  );
}

/** Of 62 characters each: 190 bits. */
const passwordLength = 32;

function subjectOf(offering: Offering, instance: RenderedInstance): ManifestSubject {
  const { id, name, namespace, credentialsSecret, plan, parameters, storageClass, claimSize } = instance;
  const version = findVersion(offering, instance.version);
  if (!version) {
    throw new Error(`the catalogue no longer has version ${instance.version} of ${offering.definition.name}`);
  }
  return { id, name, namespace, credentialsSecret, plan, version, parameters, storageClass, claimSize };
}
