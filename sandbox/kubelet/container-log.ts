import type { Clock, TimerHandle } from '../controllers/clock.js';
import { seededRandom } from '../storage/random.js';
import type { LogEntry, LogSource } from '../storage/runtime.js';
import type { Line, Program, ProgramContext } from './programs/program.js';

/** Generated lines that history reaches back to. */
const HISTORY = 1000;
const WRITTEN = 2000;
const BOOT_STEPS = 20;

interface Follower {
  readonly since: number;
  readonly listener: (entry: LogEntry) => void;
  readonly ended: () => void;
}

/**
 * The log of one instance of a container. The steady lines are a function of seed and time: they are made when
 * somebody reads, and one timer runs only while somebody follows.
 */
export class ContainerLog implements LogSource {
  /** Known in advance; read and followed when their time has come. */
  private boot: LogEntry[] = [];
  private readonly written: LogEntry[] = [];
  private readonly followers = new Set<Follower>();
  private endedAt: number | undefined;
  private timer: TimerHandle;
  private steadyFrom: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly program: Program,
    private readonly context: ProgramContext,
    private readonly seed: number,
    private readonly pace: number,
  ) {}

  /** The program starts and writes on at its own pace. */
  runProgram(startedAt: number, bootMs: number): void {
    const lines = this.program.startLines(this.context, startedAt);
    const step = bootMs / Math.max(BOOT_STEPS, lines.length);
    this.boot = lines.map((line, index) => ({ time: startedAt + Math.floor(step * index), ...line }));
    if (this.program.linePeriodMs > 0) this.steadyFrom = startedAt + bootMs;
    this.arm();
  }

  write(lines: readonly Line[], options: { at?: number; partial?: boolean } = {}): void {
    const at = options.at ?? this.clock.now();
    lines.forEach((line, index) => {
      const entry = { time: at + index * 0.01, ...line, ...(options.partial && { partial: true }) };
      this.written.push(entry);
      for (const { listener } of [...this.followers]) listener(entry);
    });
    if (this.written.length > WRITTEN) this.written.splice(0, this.written.length - WRITTEN);
  }

  /** The container has ended: nothing is written from now on. */
  end(): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = this.clock.now();
    this.disarm();
    for (const { ended } of [...this.followers]) ended();
    this.followers.clear();
  }

  history(): LogEntry[] {
    const until = this.endedAt ?? this.clock.now();
    const first = Math.max(0, this.steadyCount(until) - HISTORY);
    const steady: LogEntry[] = [];
    for (let index = first; index < this.steadyCount(until); index++) steady.push(this.steadyEntry(index));
    const booted = this.boot.filter(({ time }) => time <= until);
    return [...booted, ...this.written, ...steady].sort((a, b) => a.time - b.time);
  }

  follow(listener: (entry: LogEntry) => void, ended: () => void): () => void {
    if (this.endedAt !== undefined) {
      ended();
      return () => undefined;
    }
    const follower = { since: this.clock.now(), listener, ended };
    this.followers.add(follower);
    this.arm();
    return () => {
      this.followers.delete(follower);
      if (this.followers.size === 0) this.disarm();
    };
  }

  private get period(): number {
    return Math.max(this.program.linePeriodMs * this.pace, 10);
  }

  /** How many steady lines were written before or at this time. */
  private steadyCount(until: number): number {
    if (this.steadyFrom === undefined || until < this.steadyFrom) return 0;
    const whole = Math.floor((until - this.steadyFrom) / this.period);
    return whole + (this.steadyTime(whole) <= until ? 1 : 0);
  }

  private steadyTime(index: number): number {
    const jitter = seededRandom(this.seed + index * 7919)() * 0.8;
    return (this.steadyFrom ?? 0) + (index + jitter) * this.period;
  }

  private steadyEntry(index: number): LogEntry {
    const random = seededRandom(this.seed ^ (index * 2654435761));
    const time = this.steadyTime(index);
    return { time, ...this.program.line(this.context, Math.floor(time), random) };
  }

  private arm(): void {
    if (this.timer !== undefined || this.followers.size === 0 || this.endedAt !== undefined) return;
    const now = this.clock.now();
    const boot = this.boot.find(({ time }) => time > now);
    const index = this.steadyCount(now);
    const next = boot ?? (this.steadyFrom === undefined ? undefined : this.steadyEntry(index));
    if (!next) return;
    this.timer = this.clock.setTimeout(
      () => {
        this.timer = undefined;
        this.deliverDue(now, index);
        this.arm();
      },
      Math.max(1, Math.ceil(next.time - now)),
    );
  }

  private deliverDue(after: number, firstSteady: number): void {
    const now = this.clock.now();
    const due = this.boot.filter(({ time }) => time > after && time <= now);
    for (let index = firstSteady; index < this.steadyCount(now); index++) due.push(this.steadyEntry(index));
    for (const entry of due)
      for (const { since, listener } of [...this.followers]) if (entry.time > since) listener(entry);
  }

  private disarm(): void {
    if (this.timer !== undefined) this.clock.clear(this.timer);
    this.timer = undefined;
  }
}
