import type { KindRules } from '../kind-rules.js';

const NAME_LABEL = 'kubernetes.io/metadata.name';

export const namespaceRules: KindRules = {
  setDefaults(object) {
    const { metadata } = object;
    if (metadata.name) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
  },
  prepareCreate(object) {
    object.metadata.labels = { ...object.metadata.labels, [NAME_LABEL]: object.metadata.name };
    object.spec = {
      ...object.spec,
      finalizers: [...new Set([...(object.spec?.finalizers ?? []), 'kubernetes'])],
    };
    object.status = { phase: 'Active' };
  },
  prepareUpdate(object, previous) {
    // Only the `finalize` subresource changes these.
    object.spec = { ...previous.spec };
  },
};
