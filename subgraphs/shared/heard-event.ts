import type { DomainEvent, DomainEvents, DomainEventType } from './domain-events.js';

/**
 * Starts listening for an event that is about to be sent; the function returned waits until this process has heard
 * it, but not long. Whoever made a change and goes on at once then finds no cache that is older than it.
 */
export function listenFor<T extends DomainEventType>(
  events: Pick<DomainEvents, 'on'>,
  type: T,
  matches: (event: Extract<DomainEvent, { type: T }>) => boolean,
  limitMs = 1_000,
): { heard(): Promise<void>; stop(): void } {
  let resolve: () => void = () => undefined;
  const arrived = new Promise<void>((done) => {
    resolve = done;
  });
  const stop = events.on(type, (event) => matches(event) && resolve());
  return {
    stop,
    async heard() {
      const timer = setTimeout(resolve, limitMs);
      await arrived;
      clearTimeout(timer);
      stop();
    },
  };
}
