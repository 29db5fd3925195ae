import type { StorageClass } from '../../shared/kubernetes/resources.js';

export interface StorageClassView {
  name: string;
  provisioner: string;
  default: boolean;
  expandable: boolean;
}

const defaultAnnotation = 'storageclass.kubernetes.io/is-default-class';

export const toStorageClassView = ({
  metadata,
  provisioner,
  allowVolumeExpansion,
}: StorageClass): StorageClassView => ({
  name: metadata?.name ?? '',
  provisioner,
  default: metadata?.annotations?.[defaultAnnotation] === 'true',
  expandable: allowVolumeExpansion === true,
});
