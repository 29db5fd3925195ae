import type { KubernetesConnection } from './connection.js';
import type { ObjectReference, Resource } from './resources.js';
import type { KubernetesObject } from './wire.js';

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
export function getObject<T extends KubernetesObject>(
  _connection: KubernetesConnection,
  _resource: Resource<T>,
  _reference: ObjectReference,
  _options?: CallOptions,
): Promise<T> {
  throw new Error('being written');
}
export function findObject<T extends KubernetesObject>(
  _connection: KubernetesConnection,
  _resource: Resource<T>,
  _reference: ObjectReference,
  _options?: CallOptions,
): Promise<T | undefined> {
  throw new Error('being written');
}
/** All pages. */
export function listObjects<T extends KubernetesObject>(
  _connection: KubernetesConnection,
  _resource: Resource<T>,
  _options?: CallOptions & { namespace?: string; labelSelector?: string; fieldSelector?: string },
): Promise<{ items: T[]; resourceVersion: string }> {
  throw new Error('being written');
}
export function createObject<T extends KubernetesObject>(
  _connection: KubernetesConnection,
  _resource: Resource<T>,
  _object: T,
  _options?: CallOptions & { dryRun?: boolean },
): Promise<T> {
  throw new Error('being written');
}
/** Server-side apply under the field manager `meridian`. ConflictError when another manager owns a field and `force` is not set. */
export function applyObject<T extends KubernetesObject>(
  _connection: KubernetesConnection,
  _object: T,
  _options?: CallOptions & { fieldManager?: string; force?: boolean; dryRun?: boolean },
): Promise<T> {
  throw new Error('being written');
}
/** JSON merge patch of an object or a subresource such as `scale`. */
export function mergePatchObject<T extends KubernetesObject>(
  _connection: KubernetesConnection,
  _resource: Resource<T>,
  _reference: ObjectReference,
  _patch: unknown,
  _options?: CallOptions & { subresource?: string; dryRun?: boolean },
): Promise<T> {
  throw new Error('being written');
}
/** False when there was none. */
export function deleteObject(
  _connection: KubernetesConnection,
  _resource: Resource,
  _reference: ObjectReference,
  _options?: CallOptions & {
    uid?: string;
    gracePeriodSeconds?: number;
    propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
    dryRun?: boolean;
  },
): Promise<boolean> {
  throw new Error('being written');
}
