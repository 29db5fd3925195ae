import type { ServerResponse } from 'node:http';
import type { Clock, TimerHandle } from '../controllers/clock.js';
import type { KubernetesObject, StoreEvent } from '../storage/api.js';
import { ApiError } from '../storage/api.js';
import { decode } from '../storage/decode.js';
import { apiVersionOf } from '../storage/resource.js';
import { CompactedError, type HistoryEntry, type Store } from '../storage/store.js';
import { statusOf } from './answer.js';
import type { Accepted } from './content-negotiation.js';
import { tooLargeVersion } from './list.js';
import { presentObject } from './presentation.js';
import type { ListQuery } from './query-options.js';
import { type Match, parseSelectors } from './selectors.js';
import type { ServedKind } from './served-kinds.js';
import { type WatchEventType, watchLine } from './watch-line.js';

export interface WatchTarget {
  readonly store: Store;
  readonly kind: ServedKind;
  readonly namespace: string | undefined;
  readonly query: ListQuery;
  /** Undefined: start with what is there. */
  readonly version: number | undefined;
  readonly accepted: Accepted;
  readonly parameters: URLSearchParams;
  readonly clock: Clock;
}

export const FUTURE_WAIT_MS = 3000;
const BOOKMARK_MS = 60_000;
/** A bookmark comes this long before the end of a watch, so that its client can resume from there. */
const BOOKMARK_BEFORE_END_MS = 2000;
const DEFAULT_TIMEOUT_MS = 2_700_000;
/** A client that reads slower than this is cut off; it lists and watches again. */
const BUFFER_LIMIT = 16 * 1024 * 1024;

/** Streams changes as lines of JSON until the client leaves or the time is over. */
export const streamWatch = (response: ServerResponse, target: WatchTarget): void => {
  const { store, kind, namespace, query, version } = target;
  const selectors = parseSelectors(kind.resource, query.labelSelector, query.fieldSelector);
  const match: Match = (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && (selectors?.(object) ?? true);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  const { clock } = target;
  const timers = new Set<TimerHandle>();
  const after = (ms: number, callback: () => void): void => {
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      callback();
    }, ms);
    timers.add(timer);
  };
  let tableHasColumns = false;
  let told = version ?? 0;
  /** The newest change of this kind, shown or not. */
  let newest = told;

  /** Of what is there at the start the client could not have read anything yet. */
  let initialBytes = 0;

  const write = (type: WatchEventType, object: object): void => {
    response.write(watchLine(type, object));
    if (response.writableLength > initialBytes + BUFFER_LIMIT) response.destroy();
  };
  const end = (): void => {
    response.end();
  };
  const send = (type: StoreEvent['type'], object: KubernetesObject): void => {
    const shown = presentObject(kind, object, target.accepted, target.parameters, clock.now()) as any;
    write(
      type,
      tableHasColumns && target.accepted.as === 'Table' ? { ...shown, columnDefinitions: null } : shown,
    );
    tableHasColumns = true;
  };
  const relay = (entry: HistoryEntry): void => {
    if (entry.revision <= (version ?? 0)) return;
    newest = entry.revision;
    const seen = visibleChange(entry, match);
    if (!seen) return;
    told = entry.revision;
    send(seen.type, seen.object);
  };
  const bookmark = (annotations?: object): void => {
    if (store.revision === told && !annotations) return;
    told = store.revision;
    newest = told;
    const { spec, status } = decode(kind.resource.model, {}).object;
    write('BOOKMARK', {
      kind: kind.resource.kind,
      apiVersion: apiVersionOf(kind),
      metadata: { resourceVersion: String(told), ...(annotations ? { annotations } : {}) },
      ...(spec ? { spec } : {}),
      ...(status ? { status } : {}),
    });
  };
  const fail = (error: ApiError): void => {
    write('ERROR', statusOf(error));
    end();
  };

  if (version !== undefined && version > store.revision && query.sendInitialEvents) {
    after(FUTURE_WAIT_MS, () => fail(tooLargeVersion(version, store.revision)));
  } else {
    const sendsInitial = query.sendInitialEvents ?? (version === undefined || version === 0);
    if (sendsInitial) {
      for (const object of store.list(kind.resource.name, namespace))
        if (match(object)) {
          send('ADDED', object);
          initialBytes = response.writableLength;
        }
      told = Math.max(told, query.sendInitialEvents ? 0 : store.revision);
      if (query.sendInitialEvents && query.allowWatchBookmarks)
        bookmark({ 'k8s.io/initial-events-end': 'true' });
    } else {
      try {
        for (const entry of store.since(kind.resource.name, version ?? 0)) relay(entry);
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        fail(new ApiError(410, 'Expired', `too old resource version: ${error.revision} (${error.oldest})`));
        return;
      }
    }
    const unsubscribe = store.watch(kind.resource.name, relay);
    response.once('close', unsubscribe);
  }

  const timeout = query.timeoutSeconds ? query.timeoutSeconds * 1000 : DEFAULT_TIMEOUT_MS;
  after(timeout, end);
  if (query.allowWatchBookmarks) {
    const bookmarkAgain = (): void => {
      bookmark();
      after(BOOKMARK_MS, bookmarkAgain);
    };
    after(BOOKMARK_MS, bookmarkAgain);
    // What other kinds have come to is only known from time to time.
    const bookmarkLast = (): void => {
      if (newest > told || timeout > BOOKMARK_MS) bookmark();
    };
    if (timeout > BOOKMARK_BEFORE_END_MS) after(timeout - BOOKMARK_BEFORE_END_MS, bookmarkLast);
  }
  response.once('close', () => {
    for (const timer of timers) clock.clear(timer);
    timers.clear();
  });
};

/** What a watcher with this selector sees of a change. Leaving the selector shows the old object with the new version. */
const visibleChange = (
  { type, object, previous }: HistoryEntry,
  match: Match,
): { type: StoreEvent['type']; object: KubernetesObject } | undefined => {
  const wasSeen = previous !== undefined && match(previous);
  const isSeen = type !== 'DELETED' && match(object);
  if (isSeen) return { type: wasSeen ? 'MODIFIED' : 'ADDED', object };
  if (!wasSeen) return undefined;
  if (type === 'DELETED') return { type, object };
  const { resourceVersion } = object.metadata;
  return { type: 'DELETED', object: { ...previous, metadata: { ...previous.metadata, resourceVersion } } };
};
