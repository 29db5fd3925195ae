import { requireLine } from '../../shared/text-rules.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import { checkedDomain, checkedLabels } from '../cluster/cluster-fields.js';
import type { CredentialsInput } from './credentials-input.js';
import type { RegisterCluster, UpdateCluster } from './registration-input.js';

/** The descriptive fields of a new cluster, checked. */
export function descriptionOf(input: Omit<RegisterCluster, keyof CredentialsInput>) {
  return {
    displayName:
      input.displayName == null ? input.name : requireLine(input.displayName, ['input', 'displayName'], 100),
    infrastructure: input.infrastructure,
    impersonate: input.impersonate ?? false,
    location: input.location == null ? null : requireLine(input.location, ['input', 'location'], 100),
    labels: input.labels == null ? {} : checkedLabels(input.labels, ['input', 'labels']),
    ingressDomain:
      input.ingressDomain == null ? null : checkedDomain(input.ingressDomain, ['input', 'ingressDomain']),
  };
}

/** What an update names: absent stays; null clears what may be empty. */
export function changesOf(input: UpdateCluster): Partial<ClusterEntity> {
  const named = descriptionOf({ ...input, name: '', infrastructure: input.infrastructure ?? 'OTHER' });
  return {
    ...(input.displayName == null ? {} : { displayName: named.displayName }),
    ...(input.infrastructure == null ? {} : { infrastructure: named.infrastructure }),
    ...(input.impersonate == null ? {} : { impersonate: named.impersonate }),
    ...(input.location === undefined ? {} : { location: named.location }),
    ...(input.labels == null ? {} : { labels: named.labels }),
    ...(input.ingressDomain === undefined ? {} : { ingressDomain: named.ingressDomain }),
  };
}
