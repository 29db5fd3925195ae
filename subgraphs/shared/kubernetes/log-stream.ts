import { BadUserInputError, ClusterUnavailableError, NotFoundError } from '../errors.js';
import { Backoff } from './backoff.js';
import type { KubernetesConnection } from './connection.js';
import { notStarted, toContainerError } from './container-errors.js';
import { statusOf } from './errors.js';
import { compareLogTimes, type LogLine, LogLines } from './log-lines.js';
import { requireContainer, requireName, requireNamespace } from './names.js';
import { pause } from './pause.js';
import { objectPath, resources } from './resources.js';

export interface FollowLogOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** False: what is there now. */
  readonly follow: boolean;
  /** The last so many lines; 0 for none of those that are there. Absent: all. */
  readonly tailLines?: number | undefined;
  readonly sinceTime?: Date | string | undefined;
  /** Of the container's run before the current one. */
  readonly previous?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly random?: () => number;
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const mostTailLines = 1_000_000;
const mostResumes = 5;

/**
 * The log of one container, in batches as they arrive. Ends when the container's log has ended; throws when it can't
 * be had (`isNotStarted(error)`: wait for the container) or when it was cut off and could not be resumed. A cut is
 * resumed after the last line, without loss or repetition, unless the log was rotated meanwhile. The reader's pace
 * holds the sender back.
 */
export async function* followLog(
  connection: KubernetesConnection,
  options: FollowLogOptions,
): AsyncGenerator<readonly LogLine[]> {
  const reference = {
    pod: requireName(options.pod, ['pod'], 'pod'),
    container: requireContainer(options.container),
  };
  const path = objectPath(
    resources.pods,
    { namespace: requireNamespace(options.namespace), name: reference.pod },
    'log',
  );
  const tailLines = requireTailLines(options.tailLines);
  const since = requireTime(options.sinceTime);
  const backoff = new Backoff({ random: options.random ?? Math.random });
  const position = new LogPosition();

  let opened = false;
  for (let resumes = 0; ; resumes++) {
    try {
      const stream = await connection.stream({
        method: 'GET',
        path,
        query: {
          container: reference.container,
          follow: options.follow,
          timestamps: true,
          previous: options.previous ?? false,
          sinceTime: position.time ?? since,
          tailLines: position.time === undefined ? tailLines : undefined,
        },
        signal: options.signal,
      });
      opened = true;
      if (stream.status === 204) throw notStarted(reference, 'its pod is not scheduled to a node yet');
      const lines = new LogLines();
      for await (const chunk of stream.chunks) {
        const batch = position.advance(lines.push(chunk));
        if (batch.length === 0) continue;
        refuseLostLog(batch, reference.container);
        resumes = 0;
        backoff.reset();
        yield batch;
      }
      const last = position.advance(lines.end());
      refuseLostLog(last, reference.container);
      if (last.length > 0) yield last;
      return;
    } catch (error) {
      const cut = error instanceof ClusterUnavailableError && !statusOf(error);
      if (!cut || !opened || resumes >= mostResumes || connection.closed.aborted || options.signal?.aborted) {
        throw toContainerError(error, reference);
      }
      position.rewind();
      await (options.wait ?? pause)(backoff.next(), options.signal);
    }
  }
}

/** Where the reader is: the last time, and how many pieces with that very time it has had. */
class LogPosition {
  time: string | undefined;
  #pieces = 0;
  #skip = 0;
  #rewound = false;

  /** The lines that are new. */
  advance(lines: readonly LogLine[]): LogLine[] {
    const fresh: LogLine[] = [];
    for (const line of lines) {
      if (this.#rewound && this.#isKnown(line)) continue;
      if (line.time !== '') {
        this.#pieces = line.time === this.time ? this.#pieces + 1 : 1;
        this.time = line.time;
      }
      fresh.push(line);
    }
    return fresh;
  }

  /** What comes next begins at `time` again. */
  rewind(): void {
    this.#rewound = this.time !== undefined;
    this.#skip = this.#pieces;
  }

  #isKnown(line: LogLine): boolean {
    const order = line.time === '' ? 1 : compareLogTimes(line.time, this.time ?? line.time);
    if (order < 0) return true;
    if (order === 0 && this.#skip > 0) {
      this.#skip--;
      return true;
    }
    this.#rewound = order === 0;
    return false;
  }
}

/** The kubelet answers 200 with this text when the runtime has removed the container. */
function refuseLostLog(lines: readonly LogLine[], container: string): void {
  const [first] = lines;
  if (first?.time === '' && first.text.startsWith('unable to retrieve container logs for ')) {
    throw new NotFoundError('log of container', container);
  }
}

function requireTailLines(value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && value >= 0) return Math.min(value, mostTailLines);
  throw BadUserInputError.at(['tailLines'], `${value} is not a number of lines: give a whole number from 0.`);
}

function requireTime(value: Date | string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) {
    throw BadUserInputError.at(['sinceTime'], 'sinceTime is not a time: write it as 2026-01-31T12:00:00Z.');
  }
  return typeof value === 'string' ? value : time.toISOString();
}
