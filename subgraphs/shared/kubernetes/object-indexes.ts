import type { IndexFunction } from './object-store.js';
import type { KubernetesObject } from './wire.js';

/** On every object that Meridian makes for a service: the service's id. */
export const serviceLabel = 'meridian.dev/service';

/** What every informer can be asked by. Each is built when it is first asked for. */
export const standardIndexes: Readonly<Record<string, IndexFunction<KubernetesObject>>> = {
  namespace: ({ metadata }) => [metadata?.namespace ?? ''],
  /** The id of the Meridian service that the object is of. */
  service: ({ metadata }) => textsOf([metadata?.labels?.[serviceLabel]]),
  /** The uids of the objects that own it. */
  owner: ({ metadata }) => textsOf((metadata?.ownerReferences ?? []).map((owner) => owner?.uid)),
};

const textsOf = (values: readonly unknown[]): string[] =>
  values.filter((value): value is string => typeof value === 'string');
