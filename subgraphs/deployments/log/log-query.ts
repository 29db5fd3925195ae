import { BadUserInputError } from '../../shared/errors.js';
import { requireContainer, requireName } from '../../shared/kubernetes/names.js';
import { decodeCursor, type LogCursor } from './log-cursor.js';
import { type LineFilter, type LogFilterKind, lineFilter } from './log-filter.js';

export const defaultTail = 100;
/** Of what is read once and not followed. */
export const defaultPageTail = 1_000;
export const mostFollowedTail = 10_000;
export const mostTail = 1_000_000;

/** Which lines; the same for the stream, a page and a download. */
export interface LogsInput {
  readonly serviceId: string;
  readonly deploymentId?: string | null;
  readonly pods?: readonly string[] | null;
  readonly containers?: readonly string[] | null;
  readonly tail?: number | null;
  readonly since?: Date | null;
  readonly previous?: boolean | null;
  readonly filter?: string | null;
  readonly filterKind?: LogFilterKind | null;
  readonly follow?: boolean | null;
  readonly after?: string | null;
}

/** Which of a service's lines to show, as validated. */
export interface LogQuery {
  /** Only pods made from this deployment's template. */
  readonly deploymentId: string | null;
  readonly pods: ReadonlySet<string> | null;
  readonly containers: ReadonlySet<string> | null;
  readonly tail: number;
  readonly since: Date | null;
  readonly previous: boolean;
  readonly filter: LineFilter | null;
  readonly follow: boolean;
  /** Where to go on; null to begin. */
  readonly cursor: LogCursor | null;
}

const mostNames = 200;

/** Judges the input before anything reaches a cluster. */
export function logQuery(input: LogsInput): LogQuery {
  const previous = input.previous ?? false;
  // What an earlier run wrote does not grow.
  const follow = previous ? false : (input.follow ?? true);
  return {
    deploymentId: input.deploymentId ?? null,
    pods: names(input.pods, 'pods', (pod, field) => requireName(pod, field, 'pod')),
    containers: names(input.containers, 'containers', requireContainer),
    tail: requireTail(input.tail ?? defaultTail, follow),
    since: input.since ?? null,
    previous,
    filter: input.filter ? lineFilter(input.filter, input.filterKind ?? 'TEXT') : null,
    follow,
    cursor: input.after ? decodeCursor(input.after) : null,
  };
}

function names(
  given: readonly string[] | null | undefined,
  name: string,
  check: (value: string, field: readonly string[]) => string,
): ReadonlySet<string> | null {
  if (!given) return null;
  if (given.length === 0 || given.length > mostNames) {
    throw BadUserInputError.at(
      ['input', name],
      `${name} has ${given.length} names: give 1 to ${mostNames}, or leave it out for all.`,
    );
  }
  return new Set(given.map((value, index) => check(value, ['input', name, String(index)])));
}

function requireTail(tail: number, follow: boolean): number {
  const most = follow ? mostFollowedTail : mostTail;
  if (tail >= 0 && tail <= most) return tail;
  throw BadUserInputError.at(
    ['input', 'tail'],
    `tail is ${tail}: use 0 to ${most}${follow ? `, or follow: false for up to ${mostTail}` : ''}.`,
  );
}
