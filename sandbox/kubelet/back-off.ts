const FIRST_MS = 10_000;
const LAST_MS = 300_000;
const FORGIVEN_AFTER_MS = 600_000;

/** 10 s, 20 s, 40 s, … 5 min; starts again after ten good minutes. Durations before pace. */
export class BackOff {
  private current = 0;

  next(ranForMs = 0): number {
    const isFirst = this.current === 0 || ranForMs >= FORGIVEN_AFTER_MS;
    this.current = isFirst ? FIRST_MS : Math.min(2 * this.current, LAST_MS);
    return this.current;
  }
}

/** As Go prints a duration of whole seconds: `10s`, `1m20s`, `5m0s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
