import { Stopwatch } from './stopwatch.js';

/**
 * Waits until `condition` gives something truthy, asking again every 25 ms; rejects after `seconds`, in which a busy
 * machine's other programs don't count.
 */
export async function eventually<T>(
  condition: () => Promise<T> | T,
  { seconds = 60, what = 'the condition' }: { seconds?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const watch = new Stopwatch();
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (watch.seconds > seconds) throw new Error(`${what} did not come about within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
