import type { PodGeneration } from '../pod/pod.mapper.js';

export interface LogLineValue {
  readonly at: Date;
  readonly pod: string;
  readonly container: string;
  readonly generation: PodGeneration;
  readonly text: string;
  readonly partial: boolean;
}

export type LogEventValue =
  | { readonly type: 'LINES'; readonly cursor: string; readonly lines: LogLineValue[] }
  | {
      readonly type: 'JOINED';
      readonly cursor: string;
      readonly pod: string;
      readonly container: string;
      readonly generation: PodGeneration;
    }
  | {
      readonly type: 'LEFT';
      readonly cursor: string;
      readonly pod: string;
      readonly container: string;
      readonly reason: string;
    }
  | {
      readonly type: 'GAP';
      readonly cursor: string;
      readonly dropped: number | null;
      readonly reason: string;
    }
  | { readonly type: 'COMPLETED'; readonly cursor: string; readonly reason: string };

/** Which of a service's lines to show, as validated. */
export interface LogQuery {
  readonly pods: ReadonlySet<string> | null;
  readonly containers: ReadonlySet<string> | null;
  readonly tail: number;
  readonly since: Date | null;
  readonly previous: boolean;
  readonly filter: string | null;
  readonly follow: boolean;
  /** Where to go on, for each `pod/container`; null to begin. */
  readonly positions: ReadonlyMap<string, string> | null;
}
