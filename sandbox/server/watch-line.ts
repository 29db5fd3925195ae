import type { StoreEvent } from '../storage/api.js';

export type WatchEventType = StoreEvent['type'] | 'BOOKMARK' | 'ERROR';

interface Line {
  readonly type: WatchEventType;
  readonly object: object;
  readonly bytes: Buffer;
}

let latest: Line | undefined;

/** One line of a watch. All watchers of a change are told one after the other: they share its bytes. */
export const watchLine = (type: WatchEventType, object: object): Buffer => {
  if (latest?.type !== type || latest.object !== object)
    latest = { type, object, bytes: Buffer.from(`${JSON.stringify({ type, object })}\n`) };
  return latest.bytes;
};
