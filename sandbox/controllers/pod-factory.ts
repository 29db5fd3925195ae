import type { Draft, KubernetesObject } from '../storage/api.js';
import { controllerReference } from './ownership.js';

/** A pod of the controller's template; the caller gives it a name. */
export function podFromTemplate(
  owner: KubernetesObject,
  naming: { name?: string; generateName?: string },
): Draft {
  const { metadata = {}, spec } = owner['spec'].template;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...naming,
      namespace: owner.metadata.namespace,
      ...(metadata.labels && { labels: metadata.labels }),
      ...(metadata.annotations && { annotations: metadata.annotations }),
      ...(metadata.finalizers && { finalizers: metadata.finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...spec },
  };
}
