import { ForbiddenError, NotFoundError, UnauthenticatedError } from '../../shared/errors.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import { isNotStarted } from '../../shared/kubernetes/container-errors.js';
import type { LogLine } from '../../shared/kubernetes/log-lines.js';
import { type FollowLogOptions, followLog } from '../../shared/kubernetes/log-stream.js';
import { pause } from '../../shared/kubernetes/pause.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { endOf, mayRunAgain, restartsOf, stateOf } from './container-run.js';
import type { Progress, RunPlace } from './log-cursor.js';
import type { LogQuery } from './log-query.js';

/** A line, and where a reader is who has had it. */
export interface PlacedLine {
  readonly line: LogLine;
  readonly place: RunPlace;
}

export type SourceMark =
  | { readonly kind: 'GAP'; readonly dropped: number | null; readonly reason: string }
  /** This run of the container has ended. */
  | { readonly kind: 'ENDED'; readonly reason: string }
  /** What follows is of another run. */
  | { readonly kind: 'BEGAN'; readonly restarts: number };

export type SourceItem = { readonly kind: 'LINES'; readonly lines: readonly PlacedLine[] } | SourceMark;

/** What a source needs of the stream it feeds. */
export interface LogSourceHost {
  /** Asked anew each time: the cluster may have moved to another address. */
  connect(): Promise<KubernetesConnection>;
  /** The pod as it is now; undefined when it is gone. */
  pod(): Pod | undefined;
  /** Resolves after the next change of the service's pods, or a while. */
  change(): Promise<void>;
}

const retryMilliseconds = 2_000;
/** Clocks differ: for a container that was quiet when the log was opened, we look back a little further. */
const clockMarginMilliseconds = 5_000;
/** A container that said it has not started is asked again after so many changes at the latest. */
const changesUntilAskedAgain = 5;

/** The log of one container through its restarts, each line once. Its reader's pace holds the cluster back. */
export class LogSource {
  readonly #abort = new AbortController();
  #progress: Progress | 'READ';
  /** The run that is read, and whether its end was told. */
  #current: { readonly run: number; ended: boolean } | undefined;

  constructor(
    private readonly target: { readonly namespace: string; readonly pod: string; readonly container: string },
    private readonly query: LogQuery,
    private readonly host: LogSourceHost,
    progress: Progress,
    /** When the log was opened first. */
    private readonly openedAt: number,
  ) {
    this.#progress = progress;
    if (typeof progress !== 'string') this.#current = { run: progress.run, ended: false };
  }

  get key(): string {
    return `${this.target.pod}/${this.target.container}`;
  }

  stop(): void {
    this.#abort.abort();
  }

  /** What is there now. NotFoundError when `previous` is asked for and there was no earlier run. */
  async *history(): AsyncGenerator<SourceItem> {
    if (this.#progress === 'NEW' && this.query.tail === 0) return;
    try {
      yield* this.#read(false);
    } catch (error) {
      if (this.#abort.signal.aborted || isNotStarted(error)) return;
      if (error instanceof NotFoundError && !this.query.previous) return;
      throw error;
    }
    if (this.#progress === 'NEW') this.#progress = 'READ';
  }

  /** From the last line on, until the pod is gone or its containers run no more; says why in the end. */
  async *follow(): AsyncGenerator<SourceItem> {
    const { signal } = this.#abort;
    let outage = false;
    while (!signal.aborted) {
      try {
        for await (const item of this.#read(true)) {
          outage = false;
          yield item;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (isNotStarted(error)) await this.#started();
        else if (error instanceof ForbiddenError || error instanceof UnauthenticatedError) throw error;
        else if (error instanceof NotFoundError) await this.host.change();
        else if (this.host.pod()) {
          if (!outage) yield late(this.key);
          outage = true;
          await pause(retryMilliseconds, signal);
        }
        if (mayRunAgain(this.host.pod())) continue;
      }
      if (signal.aborted) return;
      yield* this.#afterRun();
      if (!mayRunAgain(this.host.pod())) return;
    }
  }

  /** The log ended: because the run did, or because somebody cut it off in good form. */
  async *#afterRun(): AsyncGenerator<SourceItem> {
    const { target, host } = this;
    const run = this.#current?.run ?? restartsOf(host.pod(), target.container);
    const reason = (): string | undefined => endOf(host.pod(), target.container, run);
    if (reason() === undefined && mayRunAgain(host.pod())) await host.change();
    const end = reason();
    if (end === undefined && mayRunAgain(host.pod())) return;
    if (!this.#current?.ended) {
      this.#current = { run, ended: true };
      yield { kind: 'ENDED', reason: end ?? (host.pod() ? 'The pod has ended.' : 'The pod was deleted.') };
    }
    while (!this.#abort.signal.aborted && mayRunAgain(host.pod())) {
      if (restartsOf(host.pod(), target.container) !== run) return;
      await host.change();
    }
  }

  /** What was not read yet: of the run before the current one, then of the current one. */
  async *#read(follow: boolean): AsyncGenerator<SourceItem> {
    const { query } = this;
    const seen = restartsOf(this.host.pod(), this.target.container);
    if (query.previous) {
      yield* this.#lines(seen - 1, { follow: false, previous: true });
      return;
    }
    const before = this.#current;
    // Another replica, which the cursor is from, may have seen more than we have yet.
    const run = Math.max(seen, before?.run ?? 0);
    if (before && before.run < run) {
      const unread = before.ended ? before.run + 1 : before.run;
      if (unread < run) yield* this.#earlierRun(before.run, unread, run - 1);
      yield { kind: 'BEGAN', restarts: run };
    }
    if (before?.run !== run) this.#current = { run, ended: false };
    yield* this.#lines(run, { follow, unterminated: follow || !query.follow });
  }

  async *#earlierRun(last: number, unread: number, run: number): AsyncGenerator<SourceItem> {
    if (unread < run) {
      yield {
        kind: 'GAP',
        dropped: null,
        reason: `${this.key} was started again ${run + 1 - last} times meanwhile: only the log of the last run before is still there.`,
      };
    }
    if (last < run) yield { kind: 'BEGAN', restarts: run };
    try {
      yield* this.#lines(run, { follow: false, previous: true });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      yield {
        kind: 'GAP',
        dropped: null,
        reason: `${this.key} was started again meanwhile, and the log of its earlier run is gone.`,
      };
    }
    const reason = endOf(this.host.pod(), this.target.container, run) ?? 'The container was started again.';
    yield { kind: 'ENDED', reason };
  }

  async *#lines(
    run: number,
    options: Pick<FollowLogOptions, 'follow' | 'previous' | 'unterminated'>,
  ): AsyncGenerator<SourceItem> {
    const { signal } = this.#abort;
    let lost = false;
    const batches = followLog(await this.host.connect(), {
      ...this.target,
      ...options,
      ...this.#start(),
      signal,
      onLost: () => {
        // What a new run has written does not begin with the last line of the one before.
        lost ||= this.#place?.run === run;
      },
    });
    for await (const batch of batches) {
      if (signal.aborted) return;
      if (lost) {
        lost = false;
        yield {
          kind: 'GAP',
          dropped: null,
          reason: `The log of ${this.key} was rotated meanwhile: lines before these may be missing.`,
        };
      }
      yield { kind: 'LINES', lines: batch.map((line) => ({ line, place: this.#advance(line, run) })) };
    }
  }

  get #place(): RunPlace | undefined {
    return typeof this.#progress === 'string' ? undefined : this.#progress;
  }

  #advance({ time }: LogLine, run: number): RunPlace {
    const last = this.#place;
    const pieces = last?.time === time ? last.pieces + 1 : 1;
    const place = { time: time || (last?.time ?? ''), pieces: time ? pieces : (last?.pieces ?? 0), run };
    if (place.time) this.#progress = place;
    return place;
  }

  #start(): Pick<FollowLogOptions, 'after' | 'tailLines' | 'sinceTime'> {
    const { tail, since } = this.query;
    const sinceTime = since ?? undefined;
    switch (this.#progress) {
      case 'NEW':
        return { tailLines: tail, sinceTime };
      case 'READ':
        return { sinceTime };
      case 'QUIET': {
        const opened = this.openedAt - clockMarginMilliseconds;
        return { sinceTime: new Date(Math.max(opened, since?.getTime() ?? opened)) };
      }
      default:
        return { after: this.#progress };
    }
  }

  /** Waits until the container's state is another one, or long enough to ask again. */
  async #started(): Promise<void> {
    const { host, target } = this;
    const before = stateOf(host.pod(), target.container);
    for (let changes = 0; changes < changesUntilAskedAgain; changes++) {
      await host.change();
      if (this.#abort.signal.aborted || !mayRunAgain(host.pod())) return;
      if (stateOf(host.pod(), target.container) !== before) return;
    }
  }
}

const late = (key: string): SourceMark => ({
  kind: 'GAP',
  dropped: 0,
  reason: `The log of ${key} cannot be read just now: it goes on after its last line as soon as it can.`,
});
