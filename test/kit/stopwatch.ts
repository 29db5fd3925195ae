import { readFileSync } from 'node:fs';

/**
 * How long something took that is promised within seconds: the time that passed, less the time for which other
 * programs kept this thread from a processor. On a machine with nothing else to do the two are the same, so a bound
 * means what it says there, and a busy machine is not taken for a slow product.
 */
export class Stopwatch {
  readonly #startedAt = usableMs();

  get seconds(): number {
    return (usableMs() - this.#startedAt) / 1_000;
  }
}

/** Milliseconds that have passed less those kept waiting, both read while nobody took the processor in between. */
function usableMs(): number {
  for (;;) {
    const kept = keptWaitingMs();
    const now = performance.now();
    if (keptWaitingMs() === kept) return now - kept;
  }
}

/**
 * Milliseconds for which this thread was ready to run and waited for a processor, since it began: the second figure
 * of schedstat (Documentation/scheduler/sched-stats.rst). 0 where the system doesn't count it.
 */
export function keptWaitingMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** Milliseconds of the processor that the work needs when it is done at its quickest: the least of three times. */
export function processorMs(work: () => void): number {
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}
