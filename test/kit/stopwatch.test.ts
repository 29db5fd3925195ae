import { spawn } from 'node:child_process';
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
    const [startedAt, kept, cpu, watch] = [
      performance.now(),
      keptWaitingMs(),
      process.cpuUsage(),
      new Stopwatch(),
    ];
    let worked = 0;
    // Enough to be taken off the processor several times.
    while (worked < 0.05) {
      const { user, system } = process.cpuUsage(cpu);
      worked = (user + system) / 1e6;
    }
    const { seconds } = watch;
    expect(seconds).toBeGreaterThan(worked * 0.8);
    expect(seconds).toBeLessThan((performance.now() - startedAt - (keptWaitingMs() - kept) + 20) / 1_000);
  } finally {
    for (const other of others) other.kill('SIGKILL');
  }
});
