import type { MeridianError } from '../errors.js';
import type { KubernetesConnection } from './connection.js';
import { linkSignals } from './deadline.js';
import { statusOf } from './errors.js';
import { collectionPath } from './resources.js';
import { eventsOf, openWatch, type WatchRequest } from './watch-stream.js';
import type { KubernetesObject } from './wire.js';

/** What is behind the silence of a watch. */
export type Silence =
  /** Nothing has happened: a collection at rest, on a server that sends no bookmarks. */
  | 'REST'
  /** There are changes that the watch did not deliver: its connection is half-open. */
  | 'MISSED_CHANGES'
  /** The server is behind our version, as after a restored backup, or has forgotten it: list again. */
  | 'OTHER_HISTORY';

const deadlineMs = 10_000;
const listenSeconds = 1;
/** Refusals of the question itself, by servers that don't know it. */
const notUnderstood = new Set([400, 422]);

/** Asks the cluster anew, with two short calls. Throws a MeridianError when it gives no answer. */
export async function behindSilence<T extends KubernetesObject>(
  connection: KubernetesConnection,
  request: Pick<WatchRequest<T>, 'resource' | 'labelSelector' | 'signal'> & { readonly version: string },
): Promise<Silence> {
  if (!(await knowsVersion(connection, request))) return 'OTHER_HISTORY';
  const controller = new AbortController();
  const unlink = linkSignals(controller, [request.signal]);
  // The server ends it; this is for one that doesn't.
  const timer = setTimeout(() => controller.abort(), listenSeconds * 5_000);
  // An event that never ends is no rest.
  let begun = false;
  try {
    const stream = await openWatch(connection, {
      ...request,
      timeoutSeconds: listenSeconds,
      deadlineMs,
      signal: controller.signal,
    });
    const heard = () => {
      begun = true;
    };
    for await (const event of eventsOf(stream, request.resource, connection, heard)) {
      begun = false;
      if (event.type === 'BOOKMARK') continue;
      if (event.type !== 'ERROR') return 'MISSED_CHANGES';
      if (statusOf(event.error)?.code === 410) return 'OTHER_HISTORY';
      throw event.error;
    }
    return 'REST';
  } catch (error) {
    if (statusOf(error)?.code === 410) return 'OTHER_HISTORY';
    if (controller.signal.aborted && !request.signal.aborted) return begun ? 'MISSED_CHANGES' : 'REST';
    throw error;
  } finally {
    clearTimeout(timer);
    controller.abort();
    unlink();
  }
}

/** False when the server is behind that version or has forgotten it. Throws a MeridianError when it gives no answer. */
export async function knowsVersion<T extends KubernetesObject>(
  connection: KubernetesConnection,
  { resource, labelSelector, version, signal }: Parameters<typeof behindSilence<T>>[1],
): Promise<boolean> {
  try {
    await connection.request({
      method: 'GET',
      path: collectionPath(resource),
      query: {
        limit: 1,
        resourceVersion: version,
        resourceVersionMatch: 'NotOlderThan',
        labelSelector: labelSelector || undefined,
      },
      deadlineMs,
      signal,
    });
    return true;
  } catch (error) {
    const status = statusOf(error as MeridianError);
    if (status && notUnderstood.has(status.code)) return true;
    const isFuture =
      status?.code === 504 &&
      (status.message.includes('Too large resource version') ||
        status.details.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge'));
    if (isFuture || status?.code === 410) return false;
    throw error;
  }
}
