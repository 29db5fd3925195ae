import { LevelStream } from '../../shared/level-stream.js';
import type { Observed, WorkloadKey } from '../workload/workload.client.js';
import type { PodValue } from './pod.mapper.js';
import type { PodFeed, PodFeeds } from './pod-feed.js';
import type { PodChangeValue } from './pod-journal.js';

export type PodEventValue =
  | {
      readonly type: 'SNAPSHOT';
      readonly cursor: string;
      readonly pods: PodValue[];
      readonly observed: Observed;
    }
  | PodChangeValue
  | { readonly type: 'RESET'; readonly cursor: string; readonly reason: string };

/** Changes kept for a reader that is a little behind. */
const maximumAhead = 500;
/** How long one who comes back waits for a cluster that does not answer, before being told that all is unknown. */
const patienceMilliseconds = 10_000;

/** What a reader has: pods, and whether they were known to be current. */
const fresh = 'f';
const outdated = 's';
const cursorOf = (feed: PodFeed, cursor: string): string => `${feed.stale ? outdated : fresh}${cursor}`;

/** A snapshot, then what changes; after a cursor only what is different. A snapshot too when the cluster stops or starts answering. */
export function podStream(
  feeds: PodFeeds,
  service: WorkloadKey,
  after: string | null | undefined,
): LevelStream<PodEventValue> {
  let position: number | undefined;
  let wasStale = false;
  let waiting = Boolean(after);
  return new LevelStream<PodEventValue>(
    (changed) => {
      const { feed, close } = feeds.open(service, changed);
      const patience = setTimeout(() => {
        waiting = false;
        changed();
      }, patienceMilliseconds).unref();
      return {
        close: () => {
          clearTimeout(patience);
          close();
        },
        read: async () => {
          await feed.synced();
          feed.requireCluster();
          if (position === undefined && after) {
            if (!feed.known && waiting) return { events: [] };
            const resumed = feed.journal.positionOf(after.slice(1));
            if (resumed === undefined) return { events: [resetOf(after, feed), snapshot(feed)] };
            position = resumed;
            wasStale = after.startsWith(outdated);
          }
          const changes = position === undefined ? undefined : feed.journal.changesSince(position);
          if (!changes || feed.stale !== wasStale) return { events: [snapshot(feed)] };
          position = feed.journal.position;
          return { events: changes.map((change) => ({ ...change, cursor: cursorOf(feed, change.cursor) })) };
        },
      };
    },
    { ahead: maximumAhead },
  );

  function snapshot(feed: PodFeed): PodEventValue {
    const { journal, observed } = feed;
    position = journal.position;
    wasStale = feed.stale;
    return { type: 'SNAPSHOT', cursor: cursorOf(feed, journal.cursor), pods: journal.pods, observed };
  }
}

/** Its cursor is the one that was given: who breaks off before the snapshot has still to be reset. */
const resetOf = (after: string, feed: PodFeed): PodEventValue => ({
  type: 'RESET',
  cursor: after,
  reason: feed.known
    ? 'The pods are not as they were at the cursor, and what happened since is no longer known.'
    : 'The cluster does not answer, so what happened since the cursor is not known.',
});
