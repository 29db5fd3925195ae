const DURATIONS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };
/** Node fires longer timers at once. */
export const LONGEST_MS = 2 ** 31 - 1;

/** Of `sleep` and `timeout`: `10`, `0.5`, `1h`, `infinity`; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (/^inf(inity)?$/.test(text)) return LONGEST_MS;
  const [, digits, unit = ''] = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text) ?? [];
  return digits === undefined
    ? undefined
    : Math.min(Number(digits) * (DURATIONS[unit] ?? 1) * 1000, LONGEST_MS);
}
