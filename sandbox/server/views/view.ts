import type { KubernetesObject } from '../../storage/api.js';

/** Another group or version under which a stored resource is served. */
export interface View {
  readonly resource: string;
  readonly group: string;
  readonly version: string;
  /** The class of @kubernetes/client-node that has the fields of this version. */
  readonly model: string;
  /** Under the names of this version. */
  readonly fieldSelectors: readonly string[];
  show(object: KubernetesObject): KubernetesObject;
  store(draft: any): any;
}
