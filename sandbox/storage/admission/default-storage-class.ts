import { DEFAULT_CLASS_ANNOTATION } from '../kinds/storage.js';
import type { Store } from '../store.js';
import type { Admission } from './admission.js';

/** A claim that names no class gets the default one; the empty name asks for none. */
export const defaultStorageClass = (store: Store): Admission => ({
  mutateCreate(kind, claim) {
    if (kind.name !== 'persistentvolumeclaims' || claim.spec.storageClassName !== undefined) return;
    const byDefault = store
      .list('storageclasses')
      .find(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS_ANNOTATION] === 'true');
    if (byDefault) claim.spec.storageClassName = byDefault.metadata.name;
  },
});
