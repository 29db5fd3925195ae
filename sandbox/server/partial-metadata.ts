import type { KubernetesObject } from '../storage/api.js';

export const META_VERSION = 'meta.k8s.io/v1';

/** An object without what it is about, for clients that only keep track of it. */
export const partialOf = ({ metadata }: KubernetesObject): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: META_VERSION,
  metadata,
});
