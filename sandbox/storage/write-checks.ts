import { ApiError, type KubernetesObject } from './api.js';
import { conflict, staleVersion } from './api-errors.js';
import type { Resource } from './resource.js';

export interface RemoveOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly dryRun?: boolean | undefined;
}

/** A writer that names a version or a uid means that object and no other. */
export const checkIdentity = (kind: Resource, metadata: any, previous: KubernetesObject): void => {
  const { name, uid, resourceVersion } = previous.metadata;
  if (metadata.resourceVersion && metadata.resourceVersion !== resourceVersion)
    throw staleVersion(kind, name);
  if (metadata.uid && metadata.uid !== uid) {
    const where = previous.metadata.namespace ? `${previous.metadata.namespace}/${name}` : name;
    throw conflict(
      kind,
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/${kind.name}/${where}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`,
    );
  }
};

/** Fields that the writer cannot change through this subresource come from what is stored. */
export const carryOver = (
  kind: Resource,
  object: any,
  previous: any,
  subresource: string | undefined,
): any => {
  const { metadata } = object;
  const kept = previous.metadata;
  // A namespace's spec is its finalizers.
  if (subresource === 'finalize') return { ...previous, spec: object.spec ?? {} };
  if (subresource === 'binding')
    return {
      ...previous,
      spec: { ...previous.spec, nodeName: object.spec.nodeName },
      status: { ...previous.status, conditions: object.status.conditions },
    };
  if (subresource === 'ephemeralcontainers')
    return {
      ...previous,
      metadata: { ...kept, managedFields: metadata.managedFields ?? kept.managedFields },
      spec: { ...previous.spec, ephemeralContainers: object.spec?.ephemeralContainers ?? [] },
    };
  if (subresource === 'status') {
    const managedFields = metadata.managedFields ?? kept.managedFields;
    // The real server takes annotations along here: the controller writes the revision together with the status.
    const annotations = kind.name === 'deployments' ? metadata.annotations : kept.annotations;
    return {
      ...previous,
      status: object.status,
      metadata: {
        ...kept,
        ...(annotations ? { annotations } : {}),
        ...(managedFields ? { managedFields } : {}),
      },
    };
  }
  for (const field of [
    'uid',
    'name',
    'namespace',
    'generateName',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'resourceVersion',
    'managedFields',
  ]) {
    if (kept[field] === undefined) delete metadata[field];
    else metadata[field] = kept[field];
  }
  if (kind.hasStatus) object.status = previous.status;
  if (kind.name === 'pods' && previous.spec.ephemeralContainers)
    object.spec.ephemeralContainers = previous.spec.ephemeralContainers;
  return object;
};

export const checkPreconditions = (
  kind: Resource,
  { metadata }: KubernetesObject,
  { preconditions }: RemoveOptions,
): void => {
  const fail = (what: string, wanted: string, actual: string, why: string): ApiError =>
    new ApiError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${kind.kind} "${metadata.name}": the ${what} in the precondition (${wanted}) does not match the ${what} in record (${actual}). The object might have been ${why}`,
      { name: metadata.name, ...(kind.group ? { group: kind.group } : {}), kind: kind.kind },
    );
  if (preconditions?.uid && preconditions.uid !== metadata.uid)
    throw fail('UID', preconditions.uid, metadata.uid, 'deleted and then recreated');
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== metadata.resourceVersion)
    throw fail('ResourceVersion', preconditions.resourceVersion, metadata.resourceVersion, 'modified');
};
