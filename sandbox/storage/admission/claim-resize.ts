import { forbidden } from '../api-errors.js';
import { quantity } from '../quantity.js';
import type { Store } from '../store.js';
import type { Admission } from './admission.js';

/** Bound claims grow only where their class says that they may. */
export const claimResize = (store: Store): Admission => ({
  validateUpdate(kind, claim, previous) {
    if (kind.name !== 'persistentvolumeclaims') return;
    const [wanted, before] = [claim, previous].map(({ spec }) => spec.resources.requests?.storage);
    if (wanted === undefined || before === undefined || quantity(wanted).nano <= quantity(before).nano)
      return;
    const name = claim.spec.storageClassName;
    if (name && store.get('storageclasses', name)?.['allowVolumeExpansion'] === true) return;
    throw forbidden(
      kind,
      claim.metadata.name,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  },
});
