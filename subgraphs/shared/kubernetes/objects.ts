import { ClusterUnavailableError, NotFoundError, TooLargeError } from '../errors.js';
import type { KubernetesConnection } from './connection.js';
import {
  apiVersionOf,
  collectionPath,
  type ObjectReference,
  objectPath,
  type Resource,
} from './resources.js';
import type { KubernetesObject } from './wire.js';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListPage<T> {
  readonly items: T[];
  readonly resourceVersion: string;
  /** Where the next page begins; empty on the last. */
  readonly continue: string;
}

export const listDeadlineMs = 30_000;
export const listPageSize = 500;
/** A list that goes on after these is not believed to end. */
export const mostPages = 400;

export function getObject<T extends KubernetesObject>(
  connection: KubernetesConnection,
  resource: Resource<T>,
  reference: ObjectReference,
  options: CallOptions = {},
): Promise<T> {
  return connection.request<T>({
    method: 'GET',
    path: objectPath(resource, reference),
    signal: options.signal,
  });
}

export async function findObject<T extends KubernetesObject>(
  connection: KubernetesConnection,
  resource: Resource<T>,
  reference: ObjectReference,
  options: CallOptions = {},
): Promise<T | undefined> {
  try {
    return await getObject(connection, resource, reference, options);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** All pages: for what is read rarely. What is read often comes from an informer. */
export async function listObjects<T extends KubernetesObject>(
  connection: KubernetesConnection,
  resource: Resource<T>,
  options: ListOptions = {},
): Promise<{ items: T[]; resourceVersion: string }> {
  const items: T[] = [];
  let page: ListPage<T> | undefined;
  for (let pages = 0; pages < mostPages; pages++) {
    page = await listPage(connection, resource, { ...options, continue: page?.continue ?? '' });
    items.push(...page.items);
    if (page.continue === '') return { items, resourceVersion: page.resourceVersion };
  }
  throw new TooLargeError(`There are more than ${mostPages * listPageSize} objects of this kind.`);
}

/** One page. A `continue` that is too old gives an error whose Status has the code 410. */
export async function listPage<T extends KubernetesObject>(
  connection: KubernetesConnection,
  resource: Resource<T>,
  options: ListOptions & { readonly continue: string; readonly resourceVersion?: string },
): Promise<ListPage<T>> {
  const list = await connection.request<{
    metadata?: { resourceVersion?: unknown; continue?: unknown } | null;
    items?: unknown;
  }>({
    method: 'GET',
    path: collectionPath(resource, options.namespace),
    query: {
      limit: listPageSize,
      continue: options.continue || undefined,
      resourceVersion: options.resourceVersion,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    },
    deadlineMs: listDeadlineMs,
    signal: options.signal,
  });
  const { metadata, items } = list ?? {};
  if (typeof metadata?.resourceVersion !== 'string' || (items !== null && !Array.isArray(items))) {
    throw new ClusterUnavailableError(
      connection.clusterId,
      `Cluster ${JSON.stringify(connection.clusterName)} answered a list with something else.`,
    );
  }
  return {
    items: (items ?? []) as T[],
    resourceVersion: metadata.resourceVersion,
    continue: typeof metadata.continue === 'string' ? metadata.continue : '',
  };
}

/** ConflictError when the name is taken. */
export function createObject<T extends KubernetesObject>(
  connection: KubernetesConnection,
  resource: Resource<T>,
  object: T,
  options: CallOptions & { readonly dryRun?: boolean } = {},
): Promise<T> {
  const { namespace } = object.metadata ?? {};
  // Judges the name; the path of a create has none.
  objectPath(resource, { namespace, name: object.metadata?.name ?? '' });
  return connection.request<T>({
    method: 'POST',
    path: collectionPath(resource, namespace),
    query: { dryRun: options.dryRun ? 'All' : undefined, fieldManager: 'meridian' },
    body: { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind },
    signal: options.signal,
  });
}

/** JSON merge patch of an object, or of a subresource such as `scale`. */
export function mergePatchObject<T extends KubernetesObject>(
  connection: KubernetesConnection,
  resource: Resource<T>,
  reference: ObjectReference,
  patch: unknown,
  options: CallOptions & { readonly subresource?: string; readonly dryRun?: boolean } = {},
): Promise<T> {
  return connection.request<T>({
    method: 'PATCH',
    path: objectPath(resource, reference, options.subresource),
    query: { dryRun: options.dryRun ? 'All' : undefined, fieldManager: 'meridian' },
    contentType: 'application/merge-patch+json',
    body: patch,
    signal: options.signal,
  });
}
