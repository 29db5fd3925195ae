import type { Run } from './fan-out-run.js';
import { percentile, row } from './measures.js';

/** Of one run: what a delivery and a viewer cost the gateway, and how long an event took. */
export interface Costs {
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  readonly cpuMicroseconds: number;
  readonly heapKibEach: number;
  readonly rssKibEach: number;
}

export function costsOf({ viewers, delivered, latencies, before, subscribed, after }: Run): Costs {
  return {
    p50Milliseconds: percentile(latencies, 0.5),
    p99Milliseconds: percentile(latencies, 0.99),
    cpuMicroseconds: ((after.cpuSeconds - subscribed.cpuSeconds) / delivered) * 1e6,
    heapKibEach: (subscribed.heapBytes - before.heapBytes) / 1_024 / viewers,
    rssKibEach: (subscribed.rssBytes - before.rssBytes) / 1_024 / viewers,
  };
}

const mib = (bytes: number): string => (bytes / 1_024 / 1_024).toFixed(0);

export const printHead = (): void =>
  row(
    '',
    'delivered',
    'p50 ms',
    'p99 ms',
    'us/delivery',
    'heap KiB',
    'rss KiB',
    'rss MiB',
    'heap MiB',
    'upstreams',
    'lost',
  );

export function printRun(name: string, result: Run): void {
  const { delivered, expected, lost, upstreams, subscribed, after } = result;
  const costs = costsOf(result);
  row(
    name,
    `${((delivered / expected) * 100).toFixed(2)} %`,
    costs.p50Milliseconds.toFixed(1),
    costs.p99Milliseconds.toFixed(1),
    costs.cpuMicroseconds.toFixed(1),
    costs.heapKibEach.toFixed(1),
    costs.rssKibEach.toFixed(1),
    `${mib(subscribed.rssBytes)} -> ${mib(after.rssBytes)}`,
    `${mib(subscribed.heapBytes)} -> ${mib(after.heapBytes)}`,
    upstreams,
    lost,
  );
}

const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Median of the rounds of the one over that of the other: above 1 the one costs more, or is slower. */
export function printRatios(name: string, ones: readonly Run[], others: readonly Run[]): void {
  const ratio = (cost: keyof Costs): string =>
    (
      median(ones.map((one) => costsOf(one)[cost])) / median(others.map((other) => costsOf(other)[cost]))
    ).toFixed(2);
  row(
    name,
    '',
    ratio('p50Milliseconds'),
    ratio('p99Milliseconds'),
    ratio('cpuMicroseconds'),
    ratio('heapKibEach'),
    ratio('rssKibEach'),
  );
}
