import { BadUserInputError, ClusterUnavailableError, NotFoundError, TimeoutError } from '../errors.js';
import { Backoff } from './backoff.js';
import type { KubernetesConnection } from './connection.js';
import { notStarted, toContainerError } from './container-errors.js';
import { linkSignals } from './deadline.js';
import { statusOf } from './errors.js';
import { compareLogTimes, type LogLine, LogLines } from './log-lines.js';
import { requireContainer, requireName, requireNamespace } from './names.js';
import { pause } from './pause.js';
import { objectPath, resources } from './resources.js';

/** Where a reader of a log is: after so many pieces with this very time. */
export interface LogPlace {
  /** Of the last line, as the cluster wrote it. */
  readonly time: string;
  /** 0: before the first line with this time. */
  readonly pieces: number;
}

export interface FollowLogOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** False: what is there now. */
  readonly follow: boolean;
  /** The last so many lines; 0 for none of those that are there. Absent: all. */
  readonly tailLines?: number | undefined;
  /** A Date is one of our clock's and is set to the cluster's; text is the cluster's own, such as a line's time. */
  readonly sinceTime?: Date | string | undefined;
  /** Goes on there instead: neither loss nor repetition as far as the log is still there. */
  readonly after?: LogPlace | undefined;
  /** Told when the line to go on after is not there any more: the log was rotated, and lines may be lost. */
  readonly onLost?: (() => void) | undefined;
  /** False: a last line without its newline is left out, for it may be half a line. Default true. */
  readonly unterminated?: boolean;
  /** Of the container's run before the current one. */
  readonly previous?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly random?: () => number;
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A log that says nothing for so long is opened anew: the connection may be dead without anybody having said so. */
  readonly silenceLimitMs?: number;
}

const mostTailLines = 1_000_000;
const mostResumes = 5;
/** A difference of clocks below this is not told from the time that answers take. */
const leastSkewMs = 5_000;

/**
 * The log of one container, in batches as they arrive. Ends when the container's log has ended; throws when it can't
 * be had (`isNotStarted(error)`: wait for the container) or when it was cut off and could not be resumed. A cut is
 * resumed after the last line, without loss or repetition, unless the log was rotated meanwhile; so is one that is
 * followed and says nothing for long. The reader's pace holds the sender back.
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
  const backoff = new Backoff({ random: options.random ?? Math.random });
  const start = {
    tailLines: requireTailLines(options.tailLines),
    sinceTime: requireTime(options.sinceTime, connection.health().clockSkewMs ?? 0),
  };
  const position = new LogPosition(start, options.after, options.onLost);

  let opened = false;
  for (let resumes = 0; ; resumes++) {
    const attempt = new AbortController();
    const unlink = linkSignals(attempt, [options.signal]);
    try {
      const stream = await connection.stream({
        method: 'GET',
        path,
        query: {
          container: reference.container,
          follow: options.follow,
          timestamps: true,
          previous: options.previous ?? false,
          ...position.from,
        },
        signal: attempt.signal,
      });
      opened = true;
      position.opened(stream.openedAt);
      const silence = () => attempt.abort(new SilentLogError());
      const lines = new LogLines();
      for await (const chunk of watched(stream.chunks, options.silenceLimitMs ?? 120_000, silence)) {
        const batch = position.advance(lines.push(chunk));
        if (batch.length === 0) continue;
        refuseLostLog(batch, reference.container);
        resumes = 0;
        backoff.reset();
        yield batch;
      }
      if (stream.status === 204) throw notStarted(reference, 'its pod is not scheduled to a node yet');
      const last = options.unterminated === false ? [] : position.advance(lines.end());
      refuseLostLog(last, reference.container);
      if (last.length > 0) yield last;
      return;
    } catch (error) {
      if (error instanceof SilentLogError) {
        if (!options.follow) throw fellSilent(connection);
        position.rewind();
        resumes = 0;
        continue;
      }
      const cut = error instanceof ClusterUnavailableError && !statusOf(error);
      if (!cut || !opened || resumes >= mostResumes || connection.closed.aborted || options.signal?.aborted) {
        throw toContainerError(error, reference);
      }
      position.rewind();
      await (options.wait ?? pause)(backoff.next(), options.signal);
    } finally {
      unlink();
    }
  }
}

class SilentLogError extends Error {}

const fellSilent = ({ clusterId, clusterName }: KubernetesConnection): TimeoutError =>
  new TimeoutError(`Cluster ${JSON.stringify(clusterName)} fell silent in the middle of a log.`, {
    clusterId,
  });

/** Calls back when the next chunk is waited for that long; the time that the reader takes does not count. */
async function* watched(
  chunks: AsyncIterable<Uint8Array>,
  limitMs: number,
  onSilence: () => void,
): AsyncGenerator<Uint8Array> {
  let timer = setTimeout(onSilence, limitMs);
  try {
    for await (const chunk of chunks) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(onSilence, limitMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

interface LogStart {
  readonly tailLines: number | undefined;
  readonly sinceTime: string | undefined;
}

/** Where the reader is: the last time, and how many pieces with that very time it has had. */
class LogPosition {
  #time: string | undefined;
  #start: LogStart;
  #pieces = 0;
  #skip = 0;
  #rewound = false;
  /** The last line is there again, so nothing between it and the next one is lost. */
  #found = false;

  constructor(
    start: LogStart,
    after?: LogPlace,
    private readonly onLost: () => void = () => undefined,
  ) {
    this.#start = start;
    if (!after) return;
    this.#time = after.time;
    this.#pieces = after.pieces;
    this.rewind();
  }

  /** What to ask for. */
  get from(): LogStart {
    return this.#time === undefined ? this.#start : { tailLines: undefined, sinceTime: this.#time };
  }

  /** @param at by the cluster's clock */
  opened(at: Date | null): void {
    // None of those that were there then, but all that came since.
    if (this.#start.tailLines !== 0 || at === null) return;
    this.#start = { tailLines: undefined, sinceTime: at.toISOString() };
  }

  /** The lines that are new. */
  advance(lines: readonly LogLine[]): LogLine[] {
    const fresh: LogLine[] = [];
    for (const line of lines) {
      if (this.#rewound && this.#isKnown(line)) continue;
      if (line.time !== '') {
        this.#pieces = line.time === this.#time ? this.#pieces + 1 : 1;
        this.#time = line.time;
      }
      fresh.push(line);
    }
    return fresh;
  }

  /** What comes next begins at the last time again. */
  rewind(): void {
    this.#rewound = this.#time !== undefined;
    this.#skip = this.#pieces;
    this.#found = false;
  }

  #isKnown(line: LogLine): boolean {
    const order = line.time === '' ? 1 : compareLogTimes(line.time, this.#time ?? line.time);
    if (order < 0) return true;
    if (order === 0) this.#found = true;
    else if (!this.#found && line.time !== '') this.onLost();
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

function requireTime(value: Date | string | undefined, skewMs: number): string | undefined {
  if (value === undefined) return undefined;
  const shiftMs = value instanceof Date && Math.abs(skewMs) >= leastSkewMs ? skewMs : 0;
  const time = new Date(new Date(value).getTime() + shiftMs);
  if (Number.isNaN(time.getTime())) {
    throw BadUserInputError.at(['sinceTime'], 'sinceTime is not a time: write it as 2026-01-31T12:00:00Z.');
  }
  return typeof value === 'string' ? value : time.toISOString();
}
