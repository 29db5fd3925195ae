import type { Draft } from '../storage/api.js';

const storageClass = (name: string, isDefault: boolean, rest: Omit<Draft, 'metadata'>): Draft => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name,
    ...(isDefault && { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }),
  },
  provisioner: 'sandbox.meridian.dev/volume',
  reclaimPolicy: 'Delete',
  ...rest,
});

/** What a sandbox cluster offers: a growing default class, one that binds at once, and one that can never grow. */
export const sandboxStorageClasses: readonly Draft[] = [
  storageClass('standard', true, { volumeBindingMode: 'WaitForFirstConsumer', allowVolumeExpansion: true }),
  storageClass('fast', false, { volumeBindingMode: 'Immediate', allowVolumeExpansion: true }),
  storageClass('fixed', false, { volumeBindingMode: 'WaitForFirstConsumer', allowVolumeExpansion: false }),
];
