import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { keptWaitingMs, Stopwatch } from './stopwatch.js';

test('time that passes while nothing is to be done counts', async () => {
  const [watch, kept] = [new Stopwatch(), keptWaitingMs()];
  await sleep(200);
  expect(watch.seconds).toBeGreaterThan(0.19 - (keptWaitingMs() - kept) / 1_000);
});

test('time for which others have the processor does not count, and work does', () => {
  const others = Array.from({ length: availableParallelism() }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  try {
    const watch = new Stopwatch();
    const [startedAt, kept, ran] = [performance.now(), keptWaitingMs(), onProcessorMs()];
    // Enough to be taken off the processor several times.
    while (onProcessorMs() - ran < 50);
    const { seconds } = watch;
    const keptMeanwhile = keptWaitingMs() - kept;
    const passed = performance.now() - startedAt;
    // The kernel counts work at its ticks, up to 10 ms apart.
    expect(seconds * 1_000).toBeGreaterThan(40);
    expect(seconds * 1_000).toBeLessThan(passed - keptMeanwhile + 10);
  } finally {
    for (const other of others) other.kill('SIGKILL');
  }
});

/** Milliseconds for which this thread, not its process, had a processor: the first figure of schedstat. */
function onProcessorMs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
}
