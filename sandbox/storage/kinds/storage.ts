import { isEqual } from '../fields/typed-walk.js';
import type { KindRules } from '../kind-rules.js';
import { quantity } from '../quantity.js';
import { timestamp } from '../timestamp.js';

export const DEFAULT_CLASS_ANNOTATION = 'storageclass.kubernetes.io/is-default-class';

export const persistentVolumeClaimRules: KindRules = {
  setDefaults(claim) {
    claim.spec.volumeMode ??= 'Filesystem';
  },
  prepareCreate(claim) {
    claim.metadata.finalizers = [
      ...new Set([...(claim.metadata.finalizers ?? []), 'kubernetes.io/pvc-protection']),
    ];
    claim.status = { phase: 'Pending' };
  },
  validate({ spec }, errors) {
    if ((spec.accessModes ?? []).length === 0)
      errors.required('spec.accessModes', 'at least 1 access mode is required');
    const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
    for (const mode of spec.accessModes ?? []) {
      if (!modes.includes(mode)) errors.notSupported('spec.accessModes', mode, modes);
    }
    const storage = spec.resources.requests?.storage;
    if (storage === undefined) errors.required('spec.resources[storage]');
    else if (quantity(storage).nano <= 0n)
      errors.invalid('spec.resources[storage]', storage, 'must be greater than zero');
  },
  validateUpdate({ spec }, previous, errors) {
    const fixed = ({
      resources: _resources,
      volumeName: _volume,
      volumeAttributesClassName: _class,
      ...rest
    }: any): any => rest;
    if (!isEqual(fixed(spec), fixed(previous.spec)))
      errors.forbidden(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      );
    const [storage, before] = [spec.resources.requests?.storage, previous.spec.resources.requests?.storage];
    const capacity = previous.status?.capacity?.storage;
    // A volume may be larger than its claim asks for; only a change can be too small.
    if (!before || !storage || quantity(storage).nano >= quantity(before).nano) return;
    if (capacity && quantity(storage).nano < quantity(capacity).nano)
      errors.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity');
    else errors.forbidden('spec.resources.requests.storage', 'field can not be less than previous value');
  },
};

export const persistentVolumeRules: KindRules = {
  setDefaults({ spec }) {
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
  },
  prepareCreate(volume, { now }) {
    volume.metadata.finalizers = [
      ...new Set([...(volume.metadata.finalizers ?? []), 'kubernetes.io/pv-protection']),
    ];
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(now()) };
  },
  validate({ spec }, errors) {
    if (spec.capacity?.storage === undefined) errors.required('spec.capacity[storage]');
    if ((spec.accessModes ?? []).length === 0) errors.required('spec.accessModes');
  },
};

export const storageClassRules: KindRules = {
  setDefaults(storageClass) {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate(storageClass, errors) {
    if (!storageClass.provisioner) errors.required('provisioner');
  },
  validateUpdate(storageClass, previous, errors) {
    for (const field of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']) {
      if (!isEqual(storageClass[field], previous[field]))
        errors.forbidden(field, `updates to ${field} are forbidden.`);
    }
  },
};
