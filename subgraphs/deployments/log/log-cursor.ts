import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { BadUserInputError } from '../../shared/errors.js';
import type { LogPlace } from '../../shared/kubernetes/log-stream.js';

/** A place in the log of one run of a container. */
export interface RunPlace extends LogPlace {
  /** How often the container had been started again. */
  readonly run: number;
}

/**
 * Where the reader is with one container: after a line; QUIET, it had none since the log was opened; or NEW, its
 * history is still to be read as the query says.
 */
export type Progress = RunPlace | 'QUIET' | 'NEW';

export interface ContainerProgress {
  readonly progress: Progress;
  /** The reader knows of the container. */
  readonly told: boolean;
}

/**
 * How far the reader of a merged log is. One place for all containers would lose lines of one that is read more
 * slowly than the others.
 */
export interface LogCursor {
  /** When the log was first opened, by our clock: a container that the cursor does not name came later. */
  readonly openedAt: number;
  /** For each `pod/container`. */
  readonly containers: ReadonlyMap<string, ContainerProgress>;
}

const longest = 64_000;
const longestText = 400_000;
const mostContainers = 1_000;

type Entry = [key: string, told: 0 | 1, time: Progress | string, pieces?: number, run?: number];

export function encodeCursor({ openedAt, containers }: LogCursor): string {
  const entries = [...containers].map(([key, { progress, told }]): Entry => {
    const flag = told ? 1 : 0;
    if (typeof progress === 'string') return [key, flag, progress];
    return [key, flag, progress.time, progress.pieces, progress.run];
  });
  const text = JSON.stringify([openedAt, entries]);
  // The names of pods have most of their letters in common.
  return deflateRawSync(text, { level: 1 }).toString('base64url');
}

export function decodeCursor(cursor: string): LogCursor {
  try {
    if (cursor.length <= longest) {
      const bytes = inflateRawSync(Buffer.from(cursor, 'base64url'), { maxOutputLength: longestText });
      return read(JSON.parse(bytes.toString()) as unknown);
    }
  } catch {
    // The same answer for any foreign text.
  }
  throw BadUserInputError.at(['input', 'after'], 'after is not a cursor of a log: take it from an event.');
}

function read(value: unknown): LogCursor {
  if (!Array.isArray(value)) throw new Error('no list');
  const [openedAt, entries] = value as unknown[];
  if (typeof openedAt !== 'number' || !Number.isSafeInteger(openedAt)) throw new Error('no time');
  if (!Array.isArray(entries) || entries.length > mostContainers) throw new Error('no containers');
  return {
    openedAt,
    containers: new Map(entries.map((entry: unknown) => readEntry(entry as unknown[]))),
  };
}

function readEntry([key, told, time, pieces, run]: unknown[]): [string, ContainerProgress] {
  if (typeof key !== 'string' || typeof time !== 'string') throw new Error('no container');
  if (time === 'QUIET' || time === 'NEW') return [key, { told: told === 1, progress: time }];
  if (Number.isNaN(Date.parse(time))) throw new Error('no time');
  return [key, { told: told === 1, progress: { time, pieces: count(pieces), run: count(run) } }];
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error('no count');
}
