import { badRequest } from '../../storage/api-errors.js';
import { FieldErrors } from '../../storage/field-errors.js';
import type { LogEntry } from '../../storage/runtime.js';
import { readBoolean, readInteger } from '../query-options.js';

export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  /** Milliseconds since the epoch, with fractions. */
  readonly since: number | undefined;
  /** Standard output or error alone; undefined for both. */
  readonly stream: LogEntry['stream'] | undefined;
}

export const readLogOptions = (query: URLSearchParams, pod: string, now: number): LogOptions => {
  const tailLines = readInteger(query.get('tailLines'));
  const sinceSeconds = readInteger(query.get('sinceSeconds'));
  const limitBytes = readInteger(query.get('limitBytes'));
  const sinceTime = query.get('sinceTime');
  const since = sinceTime ? parseTime(sinceTime) : undefined;
  const errors = new FieldErrors();
  if (tailLines !== undefined && tailLines < 0)
    errors.invalid('tailLines', tailLines, 'must be greater than or equal to 0');
  if (limitBytes !== undefined && limitBytes < 1)
    errors.invalid('limitBytes', limitBytes, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime)
    errors.add(
      'FieldValueForbidden',
      '[]',
      'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    );
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    errors.invalid('sinceSeconds', sinceSeconds, 'must be greater than 0');
  if (query.get('stream')) errors.forbidden('stream', 'may not be specified');
  errors.throwIfAny({ kind: 'PodLogOptions', group: '', name: pod });
  return {
    follow: readBoolean(query.get('follow')) ?? false,
    previous: readBoolean(query.get('previous')) ?? false,
    timestamps: readBoolean(query.get('timestamps')) ?? false,
    tailLines,
    limitBytes,
    since: sinceSeconds === undefined ? since : now - sinceSeconds * 1000,
    stream: undefined,
  };
};

const parseTime = (text: string): number => {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!match)
    throw badRequest(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
    );
  const [, seconds, fraction = '', zone] = match;
  return Date.parse(`${seconds}${zone}`) + Number(`0${fraction || '.0'}`) * 1000;
};

/** RFC 3339 with nine digits of fraction, as container runtimes write it. */
export const logTimestamp = (ms: number): string => {
  const whole = Math.floor(ms / 1000);
  const nanoseconds = Math.min(999_999_999, Math.max(0, Math.round((ms - whole * 1000) * 1e6)));
  const date = new Date(whole * 1000).toISOString().slice(0, 19);
  return `${date}.${String(nanoseconds).padStart(9, '0')}Z`;
};
