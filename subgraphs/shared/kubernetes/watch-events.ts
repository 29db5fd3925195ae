import type { MeridianError } from '../errors.js';
import { type ClusterName, parseStatus, toMeridianError } from './errors.js';
import type { KubernetesObject } from './wire.js';

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly error: MeridianError }
  | { readonly type: 'UNREADABLE' };

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** One line of a watch. What can't be read is said to be UNREADABLE, never thrown: a cluster is an untrusted peer. */
export function parseWatchEvent<T extends KubernetesObject>(
  line: Buffer | null,
  cluster: ClusterName,
): WatchEvent<T> {
  if (!line) return { type: 'UNREADABLE' };
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = JSON.parse(line.toString('utf8')) as typeof event;
  } catch {
    return { type: 'UNREADABLE' };
  }
  switch (event?.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return isReadable<T>(event.object)
        ? { type: event.type, object: trimmed(event.object) }
        : { type: 'UNREADABLE' };
    case 'BOOKMARK': {
      const version = (event.object as KubernetesObject | null)?.metadata?.resourceVersion;
      return typeof version === 'string'
        ? { type: 'BOOKMARK', resourceVersion: version }
        : { type: 'UNREADABLE' };
    }
    case 'ERROR': {
      const code = Number((event.object as { code?: unknown } | null)?.code) || 500;
      return {
        type: 'ERROR',
        error: toMeridianError(parseStatus(code, JSON.stringify(event.object) ?? ''), cluster),
      };
    }
    default:
      return { type: 'UNREADABLE' };
  }
}

/** What the cache can hold: an object with a name and a version. */
export function isReadable<T extends KubernetesObject>(value: unknown): value is T {
  if (typeof value !== 'object' || value === null) return false;
  const { metadata } = value as KubernetesObject;
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    typeof metadata.name === 'string' &&
    typeof metadata.resourceVersion === 'string' &&
    (metadata.namespace === undefined || typeof metadata.namespace === 'string')
  );
}

/** Drops, in place, what no field reads and what may hold secrets: half of an object's size. */
export function trimmed<T extends KubernetesObject>(object: T): T {
  const metadata = object.metadata as {
    managedFields?: unknown;
    annotations?: Record<string, string> | null;
  };
  delete metadata.managedFields;
  if (metadata.annotations) delete metadata.annotations[lastApplied];
  return object;
}
