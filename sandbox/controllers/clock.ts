/** Time as the controllers and the kubelet see it, so that tests can move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  setTimeout(callback: () => void, ms: number): TimerHandle;
  clear(handle: TimerHandle): void;
}

export type TimerHandle = unknown;

/** Node fires longer timers at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The clock of the machine. Its timers never keep the process alive; very long ones come early. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(ms, LONGEST_MS)).unref(),
  clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/** A Kubernetes timestamp: RFC 3339 with whole seconds. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** A Kubernetes MicroTime. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace(/Z$/, '000Z');
