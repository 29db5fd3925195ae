import type { MeridianError } from '../errors.js';
import { type ClusterName, parseStatus, toMeridianError } from './errors.js';
import type { Resource } from './resources.js';
import { trimmed } from './trimming.js';
import type { KubernetesObject } from './wire.js';

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly error: MeridianError }
  | { readonly type: 'UNREADABLE' };

/** On the bookmark that ends the objects which were there when the watch began (KEP-3157). */
const initialEventsEnd = 'k8s.io/initial-events-end';

/** One line of a watch. What can't be read is said to be UNREADABLE, never thrown: a cluster is an untrusted peer. */
export function parseWatchEvent<T extends KubernetesObject>(
  line: Buffer | null,
  resource: Resource<T>,
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
        ? { type: event.type, object: trimmed(event.object, resource) }
        : { type: 'UNREADABLE' };
    case 'BOOKMARK': {
      const metadata = (event.object as KubernetesObject | null)?.metadata;
      const version = metadata?.resourceVersion;
      if (typeof version !== 'string') return { type: 'UNREADABLE' };
      const ends = metadata?.annotations?.[initialEventsEnd] === 'true';
      return { type: 'BOOKMARK', resourceVersion: version, initialEventsEnd: ends };
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
    isAbsentOr('string', metadata.namespace) &&
    isAbsentOr('string', metadata.uid) &&
    isMap(metadata.labels) &&
    isMap(metadata.annotations) &&
    (metadata.ownerReferences == null || Array.isArray(metadata.ownerReferences))
  );
}

const isAbsentOr = (type: 'string', value: unknown): boolean => value === undefined || typeof value === type;

const isMap = (value: unknown): boolean =>
  value == null || (typeof value === 'object' && !Array.isArray(value));
