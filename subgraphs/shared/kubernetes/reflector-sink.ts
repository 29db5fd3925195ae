import type { MeridianError } from '../errors.js';

/** Receives what the reflector learns, in order and at once: nothing is held twice. */
export interface ReflectorSink<T> {
  /** What is put from now on is all there is; a start without an end before the next start does not count. */
  startReplacing(): void;
  /** What was not put since the start is gone. */
  finishReplacing(): void;
  /** One object was added or changed. */
  put(object: T): void;
  remove(object: T): void;
  /** The cluster confirmed that what was learned so far is all. */
  alive(): void;
  /** The link is down until the next `alive`. */
  failed(error: MeridianError): void;
  unreadable(): void;
}
