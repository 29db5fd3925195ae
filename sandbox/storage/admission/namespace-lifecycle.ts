import { forbidden, notFound } from '../api-errors.js';
import { getResource } from '../resources.js';
import type { Store } from '../store.js';
import type { Admission } from './admission.js';

const PROTECTED = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is created in a namespace that is absent or going away; some namespaces stay. */
export const namespaceLifecycle = (store: Store): Admission => ({
  mutateCreate(kind, { metadata }) {
    if (!kind.namespaced) return;
    const namespace = store.get('namespaces', metadata.namespace);
    if (!namespace) throw notFound(getResource('namespaces'), metadata.namespace);
    if (namespace.metadata.deletionTimestamp !== undefined)
      throw forbidden(
        kind,
        metadata.name ?? '',
        `unable to create new content in namespace ${metadata.namespace} because it is being terminated`,
        {
          causes: [
            {
              reason: 'NamespaceTerminating',
              message: `namespace ${metadata.namespace} is being terminated`,
              field: 'metadata.namespace',
            },
          ],
        },
      );
  },
  admitDelete(kind, { metadata }) {
    if (kind.name === 'namespaces' && PROTECTED.has(metadata.name))
      throw forbidden(kind, metadata.name, 'this namespace may not be deleted');
  },
});
