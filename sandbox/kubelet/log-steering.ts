const PREFIX = 'sandbox.meridian.dev/';

/** How a pod's annotations change the logs of its programs. */
export interface LogSteering {
  /** Lines of a program at work per second; undefined leaves its own pace. */
  readonly linesPerSecond: number | undefined;
  /** Share of lines in [0, 1] that tell a failure. */
  readonly errorShare: number | undefined;
  /** Every so many seconds a burst of failures, a fifth of that time long. */
  readonly burstSeconds: number | undefined;
  /** Every hundredth line is so many bytes long. */
  readonly longLineBytes: number | undefined;
  /** Every hundredth line has bytes that are not UTF-8. */
  readonly hasInvalidBytes: boolean;
}

const ORDINARY: LogSteering = {
  linesPerSecond: undefined,
  errorShare: undefined,
  burstSeconds: undefined,
  longLineBytes: undefined,
  hasInvalidBytes: false,
};

const MOST_LINES = 50_000;
const LONGEST_LINE = 16 << 20;

/**
 * | annotation (`sandbox.meridian.dev/…`) | value                                                                   |
 * |---------------------------------------|-------------------------------------------------------------------------|
 * | `log-lines-per-second`                | lines per second of each program in the pod, up to 50,000; 0 is silence |
 * | `log-error-share`                     | 0 to 1: how many lines are failures                                     |
 * | `log-burst-seconds`                   | a burst of failures each time so many seconds have passed               |
 * | `log-long-line-bytes`                 | every hundredth line is that long, up to 16 MiB                         |
 * | `log-invalid-utf8`                    | `true`: every hundredth line has bytes that are not UTF-8               |
 */
export function readLogSteering(annotations: Readonly<Record<string, string>> = {}): LogSteering {
  if (!Object.keys(annotations).some((name) => name.startsWith(`${PREFIX}log-`))) return ORDINARY;
  const number = (name: string, most: number): number | undefined => {
    const value = Number.parseFloat(annotations[PREFIX + name] ?? '');
    return value >= 0 ? Math.min(value, most) : undefined;
  };
  return {
    linesPerSecond: number('log-lines-per-second', MOST_LINES),
    errorShare: number('log-error-share', 1),
    burstSeconds: number('log-burst-seconds', Number.MAX_SAFE_INTEGER) || undefined,
    longLineBytes: number('log-long-line-bytes', LONGEST_LINE),
    hasInvalidBytes: annotations[`${PREFIX}log-invalid-utf8`] === 'true',
  };
}
