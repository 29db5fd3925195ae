import type { Draft, KubernetesObject } from '../storage/api.js';
import { matchesLabelSelector } from '../storage/label-selector.js';
import { toNumber } from './quantity.js';

/** The volume that is reserved for the claim, or else the smallest free one that satisfies it. */
export const volumeFor = (
  claim: KubernetesObject,
  volumes: readonly KubernetesObject[],
): KubernetesObject | undefined => {
  const reserved = volumes.find((volume) => isClaimedBy(volume, claim));
  if (reserved) return reserved;
  const { accessModes = [], storageClassName = '', selector, volumeName, resources } = claim['spec'];
  return volumes
    .filter((volume) => {
      const { spec, status, metadata } = volume;
      if (spec.claimRef || metadata.deletionTimestamp || status?.phase === 'Released') return false;
      if (volumeName && volumeName !== metadata.name) return false;
      if ((spec.storageClassName ?? '') !== storageClassName) return false;
      if (selector && !matchesLabelSelector(metadata.labels, selector)) return false;
      return accessModes.every((mode: string) => spec.accessModes.includes(mode));
    })
    .filter((volume) => sizeOf(volume) >= toNumber(resources?.requests?.storage))
    .sort((a, b) => sizeOf(a) - sizeOf(b))[0];
};

/** In bytes. */
export const sizeOf = (volume: KubernetesObject): number => toNumber(volume['spec'].capacity?.storage);

export const isClaimedBy = ({ spec }: KubernetesObject, { metadata }: KubernetesObject): boolean =>
  spec.claimRef?.name === metadata.name &&
  spec.claimRef?.namespace === metadata.namespace &&
  (spec.claimRef.uid === undefined || spec.claimRef.uid === metadata.uid);

/** What is provisioned for a claim: a volume on the network, which every node reaches. */
export function volumeDraft(claim: KubernetesObject, storageClass: KubernetesObject): Draft {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: `pvc-${uid}`,
      annotations: { 'pv.kubernetes.io/provisioned-by': storageClass['provisioner'] },
      finalizers: ['kubernetes.io/pv-protection'],
    },
    spec: {
      capacity: { storage: claim['spec'].resources?.requests?.storage ?? '1Gi' },
      accessModes: [...claim['spec'].accessModes],
      claimRef: { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion },
      csi: { driver: storageClass['provisioner'], volumeHandle: `pvc-${uid}`, fsType: 'ext4' },
      persistentVolumeReclaimPolicy: storageClass['reclaimPolicy'] ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim['spec'].volumeMode ?? 'Filesystem',
    },
  };
}
