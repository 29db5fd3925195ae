import type { KubernetesConnection, KubernetesStream } from './connection.js';
import { readLines } from './lines.js';
import { collectionPath, type Resource } from './resources.js';
import { parseWatchEvent, type WatchEvent } from './watch-events.js';
import type { KubernetesObject } from './wire.js';

/** Objects are smaller: etcd takes no request above 1.5 MB, unless it is told to. */
const longestLine = 8 * 1024 * 1024;

export interface WatchRequest<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly labelSelector: string | undefined;
  /** Events after this one; null for all objects that there are first, which a bookmark ends (WatchList, KEP-3157). */
  readonly version: string | null;
  /** The server ends the watch after this. */
  readonly timeoutSeconds: number;
  /** For opening it. */
  readonly deadlineMs?: number;
  readonly signal: AbortSignal;
}

export const openWatch = <T extends KubernetesObject>(
  connection: KubernetesConnection,
  { resource, labelSelector, version, timeoutSeconds, deadlineMs, signal }: WatchRequest<T>,
): Promise<KubernetesStream> =>
  connection.stream({
    method: 'GET',
    path: collectionPath(resource),
    query: {
      watch: true,
      ...(version === null
        ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
        : { resourceVersion: version }),
      allowWatchBookmarks: true,
      timeoutSeconds,
      labelSelector: labelSelector || undefined,
    },
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    signal,
  });

/** The events of a watch; `heard` is called for each piece that comes, a whole event or not. */
export async function* eventsOf<T extends KubernetesObject>(
  stream: KubernetesStream,
  resource: Resource<T>,
  connection: KubernetesConnection,
  heard: () => void = () => undefined,
): AsyncGenerator<WatchEvent<T>> {
  const lines = readLines(tapped(stream.chunks, heard), { longest: longestLine, unterminated: false });
  for await (const line of lines) yield parseWatchEvent(line, resource, connection);
}

async function* tapped(chunks: KubernetesStream['chunks'], tap: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    tap();
    yield chunk;
  }
}
