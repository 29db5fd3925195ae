import { seededRandom } from '../storage/random.js';
import type { LogEntry } from '../storage/runtime.js';
import type { LogOptions } from './container-log.js';
import { err, type Line, type Program, type ProgramContext } from './programs/program.js';

/** Every so manieth line is long or has broken bytes, when that is asked for. */
const ODD_ONE = 100;
const SAMPLE = 20;
const JITTER = 0.8;

/** The lines that a program at work writes: each is a function of seed and number, so that none has to be kept. */
export class SteadyLines {
  private readonly averageBytes: number;

  private constructor(
    private readonly program: Program,
    private readonly context: ProgramContext,
    private readonly from: number,
    private readonly period: number,
    private readonly options: LogOptions,
  ) {
    const long = options.steering.longLineBytes ?? 0;
    const sample = Array.from({ length: SAMPLE }, (_, index) => this.plain(index, from).text.length);
    this.averageBytes = sample.reduce((sum, size) => sum + size, 0) / SAMPLE + long / ODD_ONE;
  }

  /** Undefined for a program that is silent. */
  static of(
    program: Program,
    context: ProgramContext,
    from: number,
    options: LogOptions,
  ): SteadyLines | undefined {
    const { linesPerSecond } = options.steering;
    const own = program.linePeriodMs * options.pace;
    const period =
      linesPerSecond === undefined ? own && Math.max(own, 10) : linesPerSecond && 1000 / linesPerSecond;
    return period > 0 ? new SteadyLines(program, context, from, period, options) : undefined;
  }

  timeOf(index: number): number {
    const jitter = seededRandom(this.options.seed + index * 7919)() * JITTER;
    return this.from + (index + jitter) * this.period;
  }

  /** How many lines were written before or at this time. */
  countUntil(until: number): number {
    if (until < this.from) return 0;
    const whole = Math.floor((until - this.from) / this.period);
    return whole + (this.timeOf(whole) <= until ? 1 : 0);
  }

  /** The first line that is not older than a time and not gone. */
  firstKept(until: number, bytes: number, since?: number): number {
    const kept = Math.max(1, Math.floor(bytes / this.averageBytes));
    const first = Math.max(0, this.countUntil(until) - kept);
    if (since === undefined || since <= this.from) return first;
    let index = Math.max(first, Math.floor((since - this.from) / this.period) - 1);
    while (this.timeOf(index) < since) index += 1;
    return index;
  }

  entry(index: number): LogEntry {
    const time = this.timeOf(index);
    const { longLineBytes, hasInvalidBytes } = this.options.steering;
    const line = this.plain(index, Math.floor(time));
    if (longLineBytes && index % ODD_ONE === ODD_ONE - 1)
      return { time, ...line, text: line.text + 'x'.repeat(Math.max(0, longLineBytes - line.text.length)) };
    if (hasInvalidBytes && index % ODD_ONE === ODD_ONE / 2) {
      const bytes = Buffer.concat([Buffer.from(line.text), Buffer.from([0x20, 0xff, 0xc3, 0x28, 0xfe])]);
      return { time, ...line, text: bytes.toString('utf8'), bytes };
    }
    return { time, ...line };
  }

  private plain(index: number, time: number): Line {
    const random = seededRandom(this.options.seed ^ Math.imul(index + 1, 0x9e3779b1));
    if (!this.isFailure(time, random)) return this.program.line(this.context, time, random);
    return (
      this.program.failure?.(this.context, time, random) ??
      err(`ERROR ${new Date(time).toISOString()} upstream timed out`)
    );
  }

  private isFailure(time: number, random: () => number): boolean {
    const { errorShare = 0, burstSeconds } = this.options.steering;
    const share = random();
    if (share < errorShare) return true;
    if (!burstSeconds) return false;
    const place = ((time - this.from) / 1000) % burstSeconds;
    return place >= burstSeconds * 0.8 && share < 0.9;
  }
}
