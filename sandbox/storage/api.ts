/**
 * The sandbox's API server without HTTP: what controllers and the simulated kubelet see. The HTTP server and they
 * call the same functions, so defaulting, validation, admission and versions are the same for everyone.
 */

/** Any Kubernetes object. Values handed out are frozen: copy before changing. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: any;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly [field: string]: any;
}

/** What a client sends: an object before the server has completed it. */
export type Draft = {
  metadata: { name?: string; generateName?: string; [field: string]: any };
  [field: string]: any;
};

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubernetesObject;
  /** The object before the change; absent for ADDED. */
  readonly previous?: KubernetesObject;
}

/** The Status that the API server would answer, thrown. `code` is the HTTP status. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: object,
    /** Of the Status itself, such as the token to go on with after an expired one. */
    readonly metadata?: object,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Plural resource name, such as `pods` or `deployments`; unique among the resources that the sandbox serves. */
export type ResourceName = string;

export interface Api {
  get(resource: ResourceName, namespace: string | undefined, name: string): KubernetesObject | undefined;
  list(
    resource: ResourceName,
    options?: { namespace?: string; labels?: Readonly<Record<string, string>> },
  ): KubernetesObject[];
  /** Defaults, validates, admits (ResourceQuota, LimitRange) and stores. Throws ApiError. */
  create(resource: ResourceName, draft: Draft): KubernetesObject;
  /**
   * Replaces an object; `status` replaces only its status. A resourceVersion in the draft must be the current one.
   * A write that changes nothing keeps the resourceVersion and sends no event.
   * `finalize` changes only `spec.finalizers` of a namespace, which a plain update leaves alone. `binding` gives a pod
   * its node and the conditions that say so, which nobody manages.
   */
  update(
    resource: ResourceName,
    draft: Draft,
    subresource?: 'status' | 'finalize' | 'binding',
  ): KubernetesObject;
  /** Graceful for pods: sets deletionTimestamp, and the kubelet removes it with `gracePeriodSeconds: 0`. */
  remove(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options?: { gracePeriodSeconds?: number; propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' },
  ): KubernetesObject | undefined;
  /** Called synchronously after each write, in order. Does not replay what is there already. Returns the unsubscriber. */
  watch(resource: ResourceName, listener: (event: StoreEvent) => void): () => void;
  /** The same API for another writer, named in managedFields, such as `kubelet`. */
  as(manager: string): Api;
}
