export { timestamp } from '../storage/timestamp.js';

/** Time as the controllers and the kubelet see it, so that tests can move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  setTimeout(callback: () => void, ms: number): TimerHandle;
  clear(handle: TimerHandle): void;
}

/** A clock that also knows how fast the cluster lives: 0.1 is ten times as fast as a natural one. */
export interface PacedClock extends Clock {
  readonly pace: number;
  /** A natural duration at the pace of this cluster, in milliseconds. */
  scaled(ms: number): number;
}

export const pacedClock = (clock: Clock, pace: number): PacedClock => ({
  pace,
  now: () => clock.now(),
  setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
  clear: (handle) => clock.clear(handle),
  scaled: (ms) => ms * pace,
});

export type TimerHandle = unknown;

/** Node fires longer timers at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The clock of the machine. Its timers never keep the process alive; very long ones come early. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(ms, LONGEST_MS)).unref(),
  clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/** A Kubernetes MicroTime. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace(/Z$/, '000Z');
