import type { MeridianError } from '../errors.js';
import type { KubernetesObject } from './wire.js';
export type InformerEvent<T> =
  | { readonly type: 'ADDED'; readonly key: string; readonly object: T }
  | { readonly type: 'MODIFIED'; readonly key: string; readonly object: T; readonly previous: T }
  /** `object` is the last known state. */
  | { readonly type: 'DELETED'; readonly key: string; readonly object: T }
  /** A list was compared with the cache; its differences were sent as the events before this one. */
  | { readonly type: 'RESYNCED' }
  /** `observation().stale` changed. */
  | { readonly type: 'STALENESS_CHANGED'; readonly stale: boolean }
  /** Nothing comes after this: the cluster was removed (NOT_FOUND) or the informer was stopped. */
  | { readonly type: 'STOPPED'; readonly error: MeridianError | undefined };
export interface Observation {
  /** When the cluster last confirmed what the cache holds; null before the first list. */
  readonly observedAt: Date | null;
  readonly stale: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}
/** What readers see of an informer. */
export interface Informer<T extends KubernetesObject> {
  readonly hasSynced: boolean;
  /** Resolves when the first list is in; rejects with the reason when the informer stops or the signal aborts before. */
  synced(signal?: AbortSignal): Promise<void>;
  /** `key` is `namespace/name`, or `name` without a namespace. */
  get(key: string): T | undefined;
  list(): T[];
  /** `index` is 'namespace' or one given to `acquire`. */
  listBy(index: string, value: string): T[];
  /** Called after the cache changed. Does not replay: list first, then subscribe, in one turn. Returns the unsubscriber. */
  subscribe(listener: (event: InformerEvent<T>) => void): () => void;
  observation(): Observation;
}
