import { NotFoundError } from '../errors.js';
import type { KubernetesConnection } from './connection.js';
import type { CallOptions } from './objects.js';
import { type ObjectReference, objectPath, type Resource, resourceOf } from './resources.js';
import type { KubernetesObject } from './wire.js';

export interface ApplyOptions extends CallOptions {
  readonly fieldManager?: string;
  /** Takes fields over from other managers. */
  readonly force?: boolean;
  /** Everything is checked and nothing is kept. */
  readonly dryRun?: boolean;
  /** Only while the object has this version: ConflictError (409 Conflict) when it was written since. */
  readonly resourceVersion?: string | undefined;
}

/**
 * Server-side apply: creates the object or changes what it names, and removes what an earlier apply named and this one
 * doesn't. ConflictError when another manager owns a field and `force` is not set. The object says its apiVersion,
 * kind and name.
 */
export function applyObject<T extends KubernetesObject>(
  connection: KubernetesConnection,
  object: T,
  options: ApplyOptions = {},
): Promise<T> {
  const { namespace, name = '' } = object.metadata ?? {};
  return connection.request<T>({
    method: 'PATCH',
    path: objectPath(resourceOf(object), { namespace, name }),
    query: {
      fieldManager: options.fieldManager ?? 'meridian',
      force: options.force ?? false,
      dryRun: options.dryRun ? 'All' : undefined,
    },
    // JSON is YAML.
    contentType: 'application/apply-patch+yaml',
    body: options.resourceVersion
      ? { ...object, metadata: { ...object.metadata, resourceVersion: options.resourceVersion } }
      : object,
    idempotent: true,
    signal: options.signal,
  });
}

export interface DeleteOptions extends CallOptions {
  /** Only the object with this uid: never one that took its name since. */
  readonly uid?: string | undefined;
  /** Only while it has this version: ConflictError when it was written since. */
  readonly resourceVersion?: string | undefined;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  readonly dryRun?: boolean;
}

/** False when there was none. Deletion goes on in the cluster after this returns. */
export async function deleteObject(
  connection: KubernetesConnection,
  resource: Resource,
  reference: ObjectReference,
  options: DeleteOptions = {},
): Promise<boolean> {
  try {
    await connection.request({
      method: 'DELETE',
      path: objectPath(resource, reference),
      query: { dryRun: options.dryRun ? 'All' : undefined },
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: options.propagationPolicy ?? 'Background',
        ...(options.gracePeriodSeconds === undefined
          ? {}
          : { gracePeriodSeconds: options.gracePeriodSeconds }),
        ...(options.uid === undefined && options.resourceVersion === undefined
          ? {}
          : { preconditions: { uid: options.uid, resourceVersion: options.resourceVersion } }),
      },
      signal: options.signal,
    });
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
