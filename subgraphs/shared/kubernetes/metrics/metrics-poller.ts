import type { Clock } from '../../clock.js';
import { pause } from '../pause.js';
import type { Measurement } from './measurement.js';
import { SampleSeries, type UsageSampleValue } from './sample-series.js';
import { type UsageUnavailableValue, usageUnavailable, whyUnavailable } from './usage-unavailable.js';

/** The latest figures, and those before, oldest first; the latest is also the last of them. */
export interface UsageValue extends UsageSampleValue {
  readonly history: readonly UsageSampleValue[];
}

export interface PollerTimes {
  /** Between two polls, give or take a tenth, so that many clusters are not asked at once. */
  readonly intervalMs: number;
  /** How long polling goes on after the last reader. */
  readonly keepMs: number;
  /** How long metrics that are not there are not asked for again. */
  readonly recheckMs: number;
}

export interface PollerOptions extends PollerTimes {
  readonly read: () => Promise<readonly Measurement[]>;
  /** Samples kept for each. */
  readonly samples: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Measured {
  readonly series: SampleSeries;
  /** The poll that last had it. */
  poll: number;
}

/** Figures that are older say nothing any more. */
const freshIntervals = 4;
const totalKey = '';

/**
 * Asks one metrics.k8s.io list of one cluster at a steady pace while somebody reads, and keeps what it said for some
 * time. Nobody's question is a request: readers get the last answer.
 */
export class MetricsPoller {
  readonly #options: PollerOptions;
  readonly #stop = new AbortController();
  readonly #groupLabels = new Set<string>();
  #single = new Map<string, Measured>();
  #groups = new Map<string, Measured>();
  #polls = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #problem: UsageUnavailableValue | null = null;
  #running: Promise<void> | undefined;
  #firstPoll: Promise<void> | undefined;
  #waiting: AbortController | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** Polling goes on for some minutes from now. Waits for a first answer, at most so long. */
  async read(options: { limitMs: number; groupBy?: string }): Promise<void> {
    this.#readAt = this.#options.clock.now();
    if (options.groupBy !== undefined) this.#groupLabels.add(options.groupBy);
    if (this.#stop.signal.aborted) return;
    this.#running ??= this.#run();
    if (options.limitMs > 0 && this.#polls === 0) {
      const limit = new AbortController();
      await Promise.race([this.#firstPoll, pause(options.limitMs, limit.signal)]);
      limit.abort();
    }
  }

  /** Why there are no figures at all; null when there are. */
  get unavailable(): UsageUnavailableValue | null {
    const { clock, intervalMs } = this.#options;
    const isFresh = clock.now() - this.#measuredAt <= freshIntervals * intervalMs;
    if (isFresh && this.#problem === null) return null;
    // One poll that fails is no news while the last figures are fresh.
    if (isFresh && this.#problem?.reason === 'CLUSTER_UNAVAILABLE') return null;
    return this.#problem ?? usageUnavailable('CLUSTER_UNAVAILABLE');
  }

  /** Of a node by name, or of a pod by `namespace/name`. */
  find(key: string): UsageValue | undefined {
    return this.#usage(this.#single.get(key));
  }

  /** Of all that have this value of a label that `read` named in `groupBy`, also those that are gone by now. */
  findGroup(label: string, value: string): UsageValue | undefined {
    return this.#usage(this.#groups.get(groupKey(label, value)));
  }

  /** Of all together. */
  findTotal(): UsageValue | undefined {
    return this.#usage(this.#groups.get(totalKey));
  }

  /** Asks again now: something about the cluster changed. */
  wake(): void {
    this.#waiting?.abort();
  }

  async dispose(): Promise<void> {
    this.#stop.abort();
    this.#waiting?.abort();
    await this.#running;
  }

  #usage(measured: Measured | undefined): UsageValue | undefined {
    if (!measured || measured.poll !== this.#polls || this.unavailable) return undefined;
    const last = measured.series.last();
    if (!last) return undefined;
    return {
      ...last,
      get history() {
        return measured.series.list();
      },
    };
  }

  async #run(): Promise<void> {
    const { clock, keepMs } = this.#options;
    while (!this.#stop.signal.aborted && clock.now() - this.#readAt < keepMs) {
      const poll = this.#poll();
      this.#firstPoll ??= poll;
      await poll;
      await this.#rest();
    }
    // What nobody reads is not kept.
    this.#single.clear();
    this.#groups.clear();
    this.#polls = 0;
    this.#firstPoll = undefined;
    this.#problem = null;
    this.#measuredAt = Number.NEGATIVE_INFINITY;
    this.#running = undefined;
  }

  async #poll(): Promise<void> {
    try {
      const measurements = await this.#options.read();
      this.#polls++;
      this.#measuredAt = this.#options.clock.now();
      this.#problem = null;
      this.#keep(measurements);
    } catch (error) {
      this.#problem = whyUnavailable(error);
    }
  }

  #keep(measurements: readonly Measurement[]): void {
    const sums = new Map<string, { at: number; cpuCores: number; memoryBytes: number }>();
    for (const measurement of measurements) {
      this.#push(this.#single, measurement.key, measurement);
      for (const key of this.#groupsOf(measurement)) {
        const sum = sums.get(key) ?? { at: 0, cpuCores: 0, memoryBytes: 0 };
        sum.at = Math.max(sum.at, measurement.at);
        sum.cpuCores += measurement.cpuCores;
        sum.memoryBytes += measurement.memoryBytes;
        sums.set(key, sum);
      }
    }
    for (const [key, sum] of sums) this.#push(this.#groups, key, sum);
    for (const all of [this.#single, this.#groups]) {
      for (const [key, { poll }] of all) if (this.#polls - poll > this.#options.samples) all.delete(key);
    }
  }

  #groupsOf({ labels }: Measurement): string[] {
    const keys = [totalKey];
    for (const label of this.#groupLabels) {
      const value = labels[label];
      if (value !== undefined) keys.push(groupKey(label, value));
    }
    return keys;
  }

  #push(
    all: Map<string, Measured>,
    key: string,
    { at, cpuCores, memoryBytes }: Pick<Measurement, 'at' | 'cpuCores' | 'memoryBytes'>,
  ): void {
    const measured = all.get(key) ?? { series: new SampleSeries(this.#options.samples), poll: 0 };
    measured.poll = this.#polls;
    measured.series.push(at, cpuCores, memoryBytes);
    all.set(key, measured);
  }

  async #rest(): Promise<void> {
    const { intervalMs, recheckMs, random, wait = pause } = this.#options;
    const isThere = this.#problem === null || this.#problem.reason === 'CLUSTER_UNAVAILABLE';
    const waiting = new AbortController();
    this.#waiting = waiting;
    if (this.#stop.signal.aborted) return;
    await wait((isThere ? intervalMs : recheckMs) * (0.9 + 0.2 * random()), waiting.signal);
    this.#waiting = undefined;
  }
}

const groupKey = (label: string, value: string): string => `${label}=${value}`;
