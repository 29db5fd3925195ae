import type { KubernetesObject, OwnerReference } from '../storage/api.js';

export const controllerOf = (object: KubernetesObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller);

export const isControlledBy = (object: KubernetesObject, owner: KubernetesObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid;

export const controllerReference = (owner: KubernetesObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});
