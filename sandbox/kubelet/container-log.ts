import type { Clock, TimerHandle } from '../controllers/clock.js';
import type { LogEntry, LogReader, LogSource } from '../storage/runtime.js';
import type { LogSteering } from './log-steering.js';
import type { Line, Program, ProgramContext } from './programs/program.js';
import { SteadyLines } from './steady-lines.js';

/** As the kubelet's `containerLogMaxSize`: what was written before the last so many bytes is gone. */
const RETAINED_BYTES = 10 << 20;
const BOOT_STEPS = 20;
/** Followers of a busy log are woken for several lines at once. */
const TICK_MS = 20;
const SILENT = { boot: [], steady: undefined };

export interface LogOptions {
  readonly seed: number;
  readonly pace: number;
  readonly steering: LogSteering;
}

/** How far a reader has come: the numbers of the next lines. */
interface Cursor {
  boot: number;
  written: number;
  steady: number;
}

/**
 * The log of one instance of a container. The lines of programs are a function of seed and time: they are made when
 * somebody reads, and one timer runs only while somebody follows.
 */
export class ContainerLog implements LogSource {
  /** When the program was started, if there is one. */
  private started: { readonly at: number; readonly bootMs: number } | undefined;
  private made: { readonly boot: readonly LogEntry[]; readonly steady: SteadyLines | undefined } | undefined;
  private written: LogEntry[] = [];
  /** How many of the written lines are gone. */
  private dropped = 0;
  private bytes = 0;
  private endedAt: number | undefined;
  private timer: TimerHandle;
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly clock: Clock,
    private readonly program: Program,
    private readonly context: ProgramContext,
    private readonly options: LogOptions,
  ) {}

  /** The program starts and writes on at its own pace. */
  runProgram(startedAt: number, bootMs: number): void {
    this.started = { at: startedAt, bootMs };
    this.arm();
  }

  write(lines: readonly Line[], options: { at?: number; partial?: boolean } = {}): void {
    const at = options.at ?? this.clock.now();
    for (const [index, line] of lines.entries()) {
      this.written.push({ time: at + index * 0.01, ...line, ...(options.partial && { partial: true }) });
      this.bytes += line.text.length;
    }
    let gone = 0;
    while (this.bytes > RETAINED_BYTES && gone < this.written.length - 1)
      this.bytes -= this.written[gone++]?.text.length ?? 0;
    // Now and then, because each time copies what stays.
    if (gone > 0) {
      this.written = this.written.slice(gone);
      this.dropped += gone;
    }
    this.notify();
  }

  /** The container has ended: nothing is written from now on. */
  end(): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = this.clock.now();
    this.disarm();
    this.notify();
    this.watchers.clear();
  }

  get isEnded(): boolean {
    return this.endedAt !== undefined;
  }

  open({ since, tail }: { since?: number | undefined; tail?: number | undefined } = {}): LogReader {
    const until = this.until;
    const from: Cursor = {
      boot: since === undefined ? 0 : this.boot.filter(({ time }) => time < since).length,
      written:
        this.dropped + (since === undefined ? 0 : this.written.filter(({ time }) => time < since).length),
      steady: this.steady?.firstKept(until, RETAINED_BYTES, since) ?? 0,
    };
    const cursor = tail === undefined ? from : this.lastLines(from, tail);
    return { next: (most) => this.read(cursor, most) };
  }

  history(): LogEntry[] {
    return this.open().next(Number.POSITIVE_INFINITY);
  }

  watch(listener: () => void): () => void {
    this.watchers.add(listener);
    this.arm();
    return () => {
      this.watchers.delete(listener);
      if (this.watchers.size === 0) this.disarm();
    };
  }

  follow(listener: (entry: LogEntry) => void, ended: () => void): () => void {
    const reader = this.open({ tail: 0 });
    const deliver = (): void => {
      for (const entry of reader.next(Number.POSITIVE_INFINITY)) listener(entry);
      if (this.isEnded) ended();
    };
    if (!this.isEnded) return this.watch(deliver);
    ended();
    return () => undefined;
  }

  /** The first lines: known in advance, read and followed when their time has come. */
  private get boot(): readonly LogEntry[] {
    return this.programLines().boot;
  }

  private get steady(): SteadyLines | undefined {
    return this.programLines().steady;
  }

  private programLines(): NonNullable<ContainerLog['made']> {
    if (!this.started) return SILENT;
    this.made ??= this.make(this.started.at, this.started.bootMs);
    return this.made;
  }

  private make(startedAt: number, bootMs: number): NonNullable<ContainerLog['made']> {
    const lines = this.program.startLines(this.context, startedAt);
    const step = bootMs / Math.max(BOOT_STEPS, lines.length);
    return {
      boot: lines.map((line, index) => ({ time: startedAt + Math.floor(step * index), ...line })),
      steady: SteadyLines.of(this.program, this.context, startedAt + bootMs, this.options),
    };
  }

  private get until(): number {
    return this.endedAt ?? this.clock.now();
  }

  /** In the order of time, and how far the reader has come with them. */
  private read(cursor: Cursor, most: number): LogEntry[] {
    const until = this.until;
    const entries: LogEntry[] = [];
    cursor.written = Math.max(cursor.written, this.dropped);
    if (this.steady) cursor.steady = Math.max(cursor.steady, this.steady.firstKept(until, RETAINED_BYTES));
    while (entries.length < most) {
      const boot = this.boot[cursor.boot];
      const written = this.written[cursor.written - this.dropped];
      const steadyAt = this.steady?.timeOf(cursor.steady) ?? Number.POSITIVE_INFINITY;
      const bootAt = boot && boot.time <= until ? boot.time : Number.POSITIVE_INFINITY;
      const writtenAt = written ? written.time : Number.POSITIVE_INFINITY;
      const isSteady = steadyAt <= until && steadyAt < bootAt && steadyAt < writtenAt;
      if (isSteady) entries.push(this.steady?.entry(cursor.steady++) as LogEntry);
      else if (boot && bootAt <= writtenAt && bootAt <= until) {
        entries.push(boot);
        cursor.boot += 1;
      } else if (written) {
        entries.push(written);
        cursor.written += 1;
      } else break;
    }
    return entries;
  }

  /** Where the last lines begin, going back from the end in the order of time. */
  private lastLines(from: Cursor, count: number): Cursor {
    const until = this.until;
    const cursor: Cursor = {
      boot: this.boot.filter(({ time }) => time <= until).length,
      written: this.dropped + this.written.length,
      steady: this.steady?.countUntil(until) ?? 0,
    };
    for (let left = count; left > 0; left--) {
      const at = (isThere: boolean, time: () => number): number =>
        isThere ? time() : Number.NEGATIVE_INFINITY;
      const boot = at(cursor.boot > from.boot, () => this.boot[cursor.boot - 1]?.time ?? 0);
      const written = at(
        cursor.written > from.written,
        () => this.written[cursor.written - 1 - this.dropped]?.time ?? 0,
      );
      const steady = at(cursor.steady > from.steady, () => this.steady?.timeOf(cursor.steady - 1) ?? 0);
      const latest = Math.max(boot, written, steady);
      if (latest === Number.NEGATIVE_INFINITY) break;
      if (latest === steady) cursor.steady -= 1;
      else if (latest === written) cursor.written -= 1;
      else cursor.boot -= 1;
    }
    return cursor;
  }

  private notify(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  private arm(): void {
    if (this.timer !== undefined || this.watchers.size === 0 || this.isEnded) return;
    const now = this.clock.now();
    const boot = this.boot.find(({ time }) => time > now)?.time;
    const next = boot ?? this.steady?.timeOf(this.steady.countUntil(now));
    if (next === undefined) return;
    this.timer = this.clock.setTimeout(
      () => {
        this.timer = undefined;
        this.notify();
        this.arm();
      },
      Math.max(TICK_MS, Math.ceil(next - now)),
    );
  }

  private disarm(): void {
    if (this.timer !== undefined) this.clock.clear(this.timer);
    this.timer = undefined;
  }
}
