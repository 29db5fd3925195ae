/** Waits until `condition` gives something truthy, asking again every 25 ms; rejects after `seconds`. */
export async function eventually<T>(
  condition: () => Promise<T> | T,
  { seconds = 20, what = 'the condition' }: { seconds?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (Date.now() > deadline) throw new Error(`${what} did not come about within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
