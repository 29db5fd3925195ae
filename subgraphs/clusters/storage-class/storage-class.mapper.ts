import type { StorageClass } from '../../shared/kubernetes/resources.js';

export const volumeBindingModes = {
  IMMEDIATE: 'A volume is made as soon as it is claimed.',
  WAIT_FOR_FIRST_CONSUMER:
    'A volume is made when the first pod that uses it is put on a node, near that node.',
} as const;
export type VolumeBindingMode = keyof typeof volumeBindingModes;

export const reclaimPolicies = {
  DELETE: 'A volume is deleted with its claim.',
  RETAIN: 'A volume and its data stay when its claim is deleted.',
} as const;
export type ReclaimPolicy = keyof typeof reclaimPolicies;

export interface StorageClassView {
  name: string;
  provisioner: string;
  default: boolean;
  expandable: boolean;
  volumeBindingMode: VolumeBindingMode;
  reclaimPolicy: ReclaimPolicy;
  parameters: Record<string, string>;
  mountOptions: string[];
  createdAt: Date | null;
}

const defaultAnnotation = 'storageclass.kubernetes.io/is-default-class';

/** What is left out is as Kubernetes takes it then: IMMEDIATE and DELETE. */
export const toStorageClassView = (storageClass: StorageClass): StorageClassView => {
  const { metadata, provisioner, allowVolumeExpansion, volumeBindingMode, reclaimPolicy } = storageClass;
  const createdAt = new Date(metadata?.creationTimestamp ?? Number.NaN);
  return {
    name: metadata?.name ?? '',
    provisioner,
    default: metadata?.annotations?.[defaultAnnotation] === 'true',
    expandable: allowVolumeExpansion === true,
    volumeBindingMode: volumeBindingMode === 'WaitForFirstConsumer' ? 'WAIT_FOR_FIRST_CONSUMER' : 'IMMEDIATE',
    reclaimPolicy: reclaimPolicy === 'Retain' ? 'RETAIN' : 'DELETE',
    parameters: withoutSecrets(storageClass.parameters ?? {}),
    mountOptions: storageClass.mountOptions ?? [],
    createdAt: Number.isNaN(createdAt.getTime()) ? null : createdAt,
  };
};

/**
 * Words in names of parameters whose values some provisioners take as they are, such as `adminSecret` or
 * `restuserkey`. What only names a Secret object, as CSI's `csi.storage.k8s.io/…-secret-name`, is left out with them.
 */
const secretive =
  /secret|passw|token|credential|(private|access|user|auth|encryption|account|api)[-_.]?key|(^|[^a-z])key$/i;
/** `https://user:password@host`. */
const userInAddress = /:\/\/[^/\s@]*@/;

const withoutSecrets = (parameters: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).filter(([name, value]) => !secretive.test(name) && !userInAddress.test(value)),
  );
