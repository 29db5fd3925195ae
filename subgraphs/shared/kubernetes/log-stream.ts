import type { KubernetesConnection } from './connection.js';
export interface LogLine {
  readonly at: Date;
  /** As the cluster sent it, with nanoseconds: what `sinceTime` takes. */
  readonly time: string;
  readonly text: string;
  /** The line goes on in the next piece (pieces of at most 64 KiB), or its end was never written. */
  readonly partial: boolean;
}
export interface FollowLogOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly follow: boolean;
  readonly tailLines?: number | undefined;
  readonly sinceTime?: Date | string | undefined;
  readonly previous?: boolean;
  readonly signal?: AbortSignal;
}
/** Ends when the container's log ended; throws when it was cut off or could not be had. The reader's pace holds the sender back. */
export function followLog(
  _connection: KubernetesConnection,
  _options: FollowLogOptions,
): AsyncIterable<readonly LogLine[]> {
  throw new Error('being written');
}
/** True when the container has not started yet (or is between two lives): wait for it and ask again. */
export function isNotStarted(_error: unknown): boolean {
  throw new Error('being written');
}
