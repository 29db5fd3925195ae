/**
 * The JSON form of a model of @kubernetes/client-node. Its classes say `Date` where JSON has text and `_continue`
 * where JSON has `continue`; what our connection returns is the JSON.
 *
 * Only the types of client-node are used: loading it takes 0.8 s and 70 MB, its typed API opens a connection for each
 * request, drops fields that its models don't know, and puts `..` into paths unencoded (dependencies.md).
 */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [K in keyof T as K extends `_${infer Name}` ? Name : K]: Wire<T[K]> }
      : T;

/** What every object has in common. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

export interface ObjectMeta {
  name?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  ownerReferences?: { uid?: string; kind?: string; name?: string; controller?: boolean }[];
}

/** `namespace/name`, or `name` for what has no namespace: how informers name objects. */
export const keyOf = (object: KubernetesObject): string => {
  const { namespace, name } = object.metadata ?? {};
  return namespace ? `${namespace}/${name ?? ''}` : (name ?? '');
};
