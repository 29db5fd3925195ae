/**
 * How a slow reader of one stream holds back its source without holding up the others on a shared socket: a subgraph
 * sends at most so many events that the reader has not taken yet, and the reader tells it when it has taken some.
 * (Pausing the socket would hold up all of them, and its pings.)
 *
 * On the wire: `extensions.window` of a `subscribe` message is the number of events that may be on their way; a
 * `pong`, which either side of graphql-transport-ws may send unasked, brings room for more in its payload. Whoever
 * does not know of windows sends and reads without.
 */
export const windowEvents = 8;

/** Key of `extensions` in a `subscribe` message. */
export const windowExtension = 'meridian-window';

/** Payload of a pong: the reader of the stream with this id has taken so many events. */
export interface EventsTaken {
  readonly id: string;
  readonly events: number;
}

export const takenMessage = (taken: EventsTaken): string =>
  JSON.stringify({ type: 'pong', payload: { 'meridian-taken': taken } });

/** Undefined for any other payload. */
export function readTaken(payload: unknown): EventsTaken | undefined {
  const taken = (payload as Record<string, unknown> | undefined)?.['meridian-taken'];
  if (typeof taken !== 'object' || taken === null) return undefined;
  const { id, events } = taken as { id?: unknown; events?: unknown };
  return typeof id === 'string' && Number.isInteger(events) && Number(events) > 0
    ? { id, events: Number(events) }
    : undefined;
}

/** The sender's side: what may still be sent. One sender at a time. */
export class StreamWindow {
  #room: number;
  #closed = false;
  #wake: () => void = () => undefined;

  /** @param size as the reader asked for; anything but a whole number from 1 is no window at all */
  constructor(size: unknown) {
    this.#room = Number.isInteger(size) && Number(size) >= 1 ? Number(size) : Number.POSITIVE_INFINITY;
  }

  /** Resolves when another event may be sent, or the window is closed. */
  async take(): Promise<void> {
    while (this.#room <= 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#room -= 1;
  }

  open(events: number): void {
    this.#room += events;
    this.#wake();
  }

  /** Nobody waits any more: the stream is over. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }
}
