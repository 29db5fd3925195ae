import type { MeridianError } from '../errors.js';
import type { KubernetesObject } from './wire.js';

export type InformerEvent<T> =
  | { readonly type: 'ADDED'; readonly key: string; readonly object: T }
  | { readonly type: 'MODIFIED'; readonly key: string; readonly object: T; readonly previous: T }
  /** `object` is the last known state. */
  | { readonly type: 'DELETED'; readonly key: string; readonly object: T }
  /** A list was compared with the cache; its differences were sent as the events before this one. */
  | { readonly type: 'RESYNCED' }
  /** `observation().stale` changed after the first list. */
  | { readonly type: 'STALENESS_CHANGED'; readonly stale: boolean }
  /** Nothing comes after this: the cluster was removed (NOT_FOUND) or nobody needs the informer any more. */
  | { readonly type: 'STOPPED'; readonly error: MeridianError | undefined };

/** How fresh the cache is. */
export interface Observation {
  /** When the cluster last confirmed what the cache holds; null before the first list. */
  readonly observedAt: Date | null;
  /** The link to the cluster is down, or the first list isn't in. */
  readonly stale: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * The cached list + watch of one kind in one cluster, as its readers see it. Objects are shared: never change them.
 */
export interface Informer<T extends KubernetesObject> {
  /** The first list is in. */
  readonly hasSynced: boolean;
  /** Resolves when the first list is in; rejects when the informer stops or the signal aborts before that. */
  synced(signal?: AbortSignal): Promise<void>;
  /** `key` is `namespace/name`, or `name` without a namespace. */
  get(key: string): T | undefined;
  list(): T[];
  /** `index` is one that all have (`namespace`, `service`, `owner`: object-indexes.ts) or one given to `acquire`. */
  listBy(index: string, value: string): T[];
  /**
   * Called after the cache changed, in order. Nothing is replayed: list, then subscribe, without awaiting in between.
   * Returns the unsubscriber.
   */
  subscribe(listener: (event: InformerEvent<T>) => void): () => void;
  observation(): Observation;
}
