import type { Api } from '../storage/api.js';
import type { Clock, TimerHandle } from './clock.js';

const LIFETIME_MS = 3_600_000;
const PERIOD_MS = 60_000;

/** Removes events an hour after they were last seen, as the API server's default does. */
export function startEventExpiry(api: Api, clock: Clock): { dispose(): void } {
  let timer: TimerHandle;
  const sweep = () => {
    const oldest = clock.now() - LIFETIME_MS;
    for (const event of api.list('events')) {
      const seen = event['series']?.lastObservedTime ?? event['lastTimestamp'] ?? event['eventTime'];
      if (Date.parse(seen ?? event.metadata.creationTimestamp) < oldest)
        api.remove('events', event.metadata.namespace, event.metadata.name);
    }
    timer = clock.setTimeout(sweep, PERIOD_MS);
  };
  timer = clock.setTimeout(sweep, PERIOD_MS);
  return { dispose: () => clock.clear(timer) };
}
