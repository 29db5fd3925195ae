import type { ImageReference } from '../image.js';

/** Where a program runs. */
export interface ProgramContext {
  readonly pod: { readonly name: string; readonly namespace: string; readonly ip: string };
  readonly container: string;
  readonly image: ImageReference;
  /** The first container port, or the program's own. */
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Line {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Where the line is not valid UTF-8: what was written really. */
  readonly bytes?: Uint8Array;
}

export interface Process {
  readonly pid: number;
  readonly user: string;
  readonly command: string;
}

/** What an image does when its container runs, as far as one can see it from outside. */
export interface Program {
  readonly name: string;
  /** Which images it is in, by the last part of the repository. */
  readonly images: RegExp;
  readonly port: number;
  /** From the start of the process until it serves, in milliseconds. */
  readonly bootMs: number;
  /** From SIGTERM until the process is gone, in milliseconds. */
  readonly stopMs: number;
  /** The steady pace of the log, in milliseconds per line; 0 for a program that is silent. */
  readonly linePeriodMs: number;
  /** The base system in the image; `none` has no shell. */
  readonly system: 'debian' | 'alpine' | 'busybox' | 'none';
  /** The executables of the program, besides those of the system. */
  readonly executables: readonly string[];
  /** Ends at once with this code when it gets no command of its own. */
  readonly exitsWith?: number;
  startLines(context: ProgramContext, startedAt: number): readonly Line[];
  line(context: ProgramContext, time: number, random: () => number): Line;
  /** A line that tells a failure, for error bursts. */
  failure?(context: ProgramContext, time: number, random: () => number): Line;
  stopLines(context: ProgramContext, time: number): readonly Line[];
  crashLines(context: ProgramContext, time: number): readonly Line[];
  processes(context: ProgramContext): readonly Process[];
  /** Files of the program, by absolute path. */
  files(context: ProgramContext): Readonly<Record<string, string>>;
}

export const out = (text: string): Line => ({ stream: 'stdout', text });
export const err = (text: string): Line => ({ stream: 'stderr', text });

export const pick = <T>(random: () => number, choices: readonly [T, ...T[]]): T =>
  choices[Math.floor(random() * choices.length)] ?? choices[0];

const two = (n: number): string => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2026/11/22 18:12:49` */
export const slashTime = (ms: number): string => isoSeconds(ms).replaceAll('-', '/');

/** `2026-11-22 18:12:49` */
export const isoSeconds = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** `2026-11-22 18:12:49.123` */
export const isoMillis = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');

/** `22/Nov/2026:18:12:49 +0000` */
export function accessTime(ms: number): string {
  const date = new Date(ms);
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${date.toISOString().slice(11, 19)} +0000`;
}

/** `22 Nov 2026 18:12:49.123` */
export function dayTime(ms: number): string {
  const date = new Date(ms);
  const day = `${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${day} ${date.toISOString().slice(11, 23)}`;
}
