import type { KubernetesObject } from '../api.js';
import type { Resource } from '../resource.js';

/** One admission plugin. Objects are plain and may be changed by `mutate…`; refusals are thrown as ApiError. */
export interface Admission {
  mutateCreate?(kind: Resource, object: any): void;
  mutateUpdate?(kind: Resource, object: any, previous: KubernetesObject): void;
  /** After validation, right before the write. */
  validateCreate?(kind: Resource, object: any, options: { dryRun: boolean }): void;
  validateUpdate?(
    kind: Resource,
    object: any,
    previous: KubernetesObject,
    options: { dryRun: boolean },
  ): void;
  admitDelete?(kind: Resource, object: KubernetesObject): void;
}
