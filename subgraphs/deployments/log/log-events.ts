import type { PodGeneration } from '../pod/pod.mapper.js';

export interface LogLineValue {
  readonly at: Date;
  readonly pod: string;
  readonly container: string;
  readonly generation: PodGeneration;
  readonly text: string;
  readonly partial: boolean;
  readonly hasControlCharacters: boolean;
}

interface InContainer {
  readonly cursor: string;
  readonly pod: string;
  readonly container: string;
}

export type LogEventValue =
  | { readonly type: 'LINES'; readonly cursor: string; readonly lines: LogLineValue[] }
  | (InContainer & {
      readonly type: 'JOINED';
      readonly generation: PodGeneration;
      /** How often the container had been started again when this run of it began. */
      readonly restarts: number;
    })
  | (InContainer & { readonly type: 'LEFT'; readonly reason: string })
  | {
      readonly type: 'GAP';
      readonly cursor: string;
      /** Null when nobody knows; 0 when nothing is lost and what follows is late. */
      readonly dropped: number | null;
      readonly reason: string;
    }
  | { readonly type: 'COMPLETED'; readonly cursor: string; readonly reason: string };
