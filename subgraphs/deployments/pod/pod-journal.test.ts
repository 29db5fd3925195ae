import { describe, expect, it } from 'vitest';
import type { PodStatus, PodValue } from './pod.mapper.js';
import { PodJournal } from './pod-journal.js';

const pod = (name: string, status: PodStatus = 'RUNNING'): PodValue =>
  ({ uid: `uid-${name}`, name, status }) as PodValue;

function journalOf(...states: readonly PodValue[][]): PodJournal {
  const journal = new PodJournal();
  for (const state of states) journal.update(state);
  return journal;
}

/** What happened, without cursors. */
const told = (journal: PodJournal, cursor: string): string[] | undefined => {
  const position = journal.positionOf(cursor);
  return position === undefined
    ? undefined
    : journal
        .changesSince(position)
        ?.map((change) => `${change.type} ${change.type === 'REMOVED' ? change.name : change.pod.name}`);
};

describe('the journal of the pods of a service', () => {
  it('tells what is different since a cursor', () => {
    const journal = journalOf([pod('a'), pod('b')]);
    const { cursor } = journal;
    journal.update([pod('a', 'TERMINATING'), pod('c')]);
    expect(told(journal, cursor)).toEqual(['REMOVED b', 'CHANGED a', 'ADDED c']);
    expect(told(journal, journal.cursor)).toEqual([]);
  });

  it('tells of each pod once, as it is now, and nothing of what came and went', () => {
    const journal = journalOf([pod('a')]);
    const { cursor } = journal;
    journal.update([pod('a', 'TERMINATING'), pod('b', 'PENDING')]);
    journal.update([pod('a', 'TERMINATING'), pod('b', 'STARTING'), pod('c')]);
    journal.update([pod('a'), pod('b', 'RUNNING')]);
    expect(told(journal, cursor)).toEqual(['ADDED b']);
    expect(journal.changesSince(journal.positionOf(cursor) as number)).toMatchObject([
      { pod: { status: 'RUNNING' }, cursor: journal.cursor },
    ]);
  });

  it('goes on after each event of a change of several pods', () => {
    const journal = journalOf([pod('a'), pod('b')]);
    const { position } = journal;
    journal.update([pod('b', 'TERMINATING'), pod('c'), pod('d')]);
    const changes = journal.changesSince(position) ?? [];
    expect(changes).toHaveLength(4);
    for (const [index, { cursor }] of changes.entries()) {
      expect(told(journal, cursor)).toHaveLength(changes.length - index - 1);
    }
  });

  it('repeats, after a break between events that stand for several changes each, rather than lose one', () => {
    const journal = journalOf([pod('a'), pod('b')]);
    const { position } = journal;
    journal.update([pod('a', 'STARTING'), pod('b')]);
    journal.update([pod('a', 'STARTING'), pod('b', 'STARTING')]);
    journal.update([pod('a', 'PENDING'), pod('b', 'STARTING')]);
    const [first, second] = journal.changesSince(position) ?? [];
    expect(told(journal, first?.cursor ?? '')).toEqual(['CHANGED b', 'CHANGED a']);
    expect(told(journal, second?.cursor ?? '')).toEqual([]);
  });

  it('knows, without having seen them come, pods that are as the cursor says: after a restart too', () => {
    const { cursor } = journalOf([pod('a')], [pod('a', 'STARTING'), pod('b')]);
    expect(told(journalOf([pod('b'), pod('a', 'STARTING')]), cursor)).toEqual([]);
    expect(told(journalOf([pod('b'), pod('a')]), cursor)).toBeUndefined();
  });

  it('knows nothing of foreign cursors', () => {
    for (const cursor of ['', 'event_1.7', '\0', 'x'.repeat(10_000)]) {
      expect(journalOf([pod('a')]).positionOf(cursor)).toBeUndefined();
    }
  });

  it('forgets what is long ago, and says so', () => {
    const journal = journalOf([pod('a')]);
    const { cursor, position } = journal;
    for (let time = 0; time < 5_000; time++) {
      journal.update([{ ...pod('a'), restarts: time } as PodValue]);
    }
    expect(journal.positionOf(cursor)).toBeUndefined();
    expect(journal.changesSince(position)).toBeUndefined();
    expect(journal.changesSince(journal.position - 500)).toHaveLength(1);
  });
});
