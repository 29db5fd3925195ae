import type { Usage } from './messages.js';

/** Processor time of this process so far, in seconds. */
export const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** What is in use after a garbage collection; node has to run with --expose-gc. */
export const heapBytes = (): number => {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error('run node with --expose-gc');
  gc();
  return process.memoryUsage().heapUsed;
};

export const usage = (): Usage => {
  const cpuSecondsBefore = cpuSeconds();
  const heap = heapBytes();
  const rssBytes = process.memoryUsage().rss;
  return { cpuSecondsBefore, heapBytes: heap, rssBytes, cpuSecondsAfter: cpuSeconds() };
};

/** `--name value` of the command line. */
export const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

export const row = (name: string, ...values: (string | number)[]): void => {
  const cells = values.map((value) => String(value).padStart(12));
  process.stdout.write(`${name.padEnd(44)}${cells.join('')}\n`);
};

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const until = async (condition: () => boolean, patienceMs: number): Promise<void> => {
  const deadline = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`the condition did not come about within ${patienceMs} ms`);
    await pause(50);
  }
};

/** Milliseconds of the machine's monotonic clock, which its processes share. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
