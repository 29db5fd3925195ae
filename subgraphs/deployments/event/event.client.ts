import type { Connections } from '../../shared/kubernetes/connections.js';
import { listObjects } from '../../shared/kubernetes/objects.js';
import { type Event as KubernetesEvent, resources } from '../../shared/kubernetes/resources.js';

export interface EventValue {
  id: string;
  type: string;
  reason: string;
  message: string;
  count: number;
  objectKind: string;
  objectName: string;
  firstAt: string | null;
  lastAt: string | null;
}

/** Asked of the cluster each time: events are many and short-lived, and few look at them. */
export class EventClient {
  constructor(private readonly connections: Pick<Connections, 'get'>) {}

  /** Of objects with these names and uids, newest first, repeats merged. */
  async list(
    clusterId: string,
    namespace: string,
    concerns: (name: string) => boolean,
  ): Promise<EventValue[]> {
    const connection = await this.connections.get(clusterId);
    const { items } = await listObjects(connection, resources.events, { namespace });
    return mergeEvents(items.filter((event) => concerns(event.involvedObject?.name ?? '')));
  }
}

export function mergeEvents(events: readonly KubernetesEvent[]): EventValue[] {
  const merged = new Map<string, EventValue>();
  for (const event of events) {
    const value = eventOf(event);
    const key = [value.objectKind, value.objectName, value.type, value.reason, value.message].join('\n');
    const known = merged.get(key);
    if (!known) {
      merged.set(key, value);
      continue;
    }
    known.count += value.count;
    if ((value.firstAt ?? '') < (known.firstAt ?? '')) known.firstAt = value.firstAt;
    if ((value.lastAt ?? '') > (known.lastAt ?? '')) known.lastAt = value.lastAt;
  }
  return [...merged.values()].sort(
    (a, b) => (b.lastAt ?? '').localeCompare(a.lastAt ?? '') || a.id.localeCompare(b.id),
  );
}

function eventOf(event: KubernetesEvent): EventValue {
  const firstAt = timeOf(event.firstTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp);
  return {
    id: event.metadata?.uid ?? event.metadata?.name ?? '',
    type: event.type ?? 'Normal',
    reason: event.reason ?? '',
    message: event.message ?? '',
    count: event.count ?? event.series?.count ?? 1,
    objectKind: event.involvedObject?.kind ?? '',
    objectName: event.involvedObject?.name ?? '',
    firstAt,
    lastAt: timeOf(event.lastTimestamp ?? event.series?.lastObservedTime) ?? firstAt,
  };
}

const timeOf = (text: string | null | undefined): string | null => {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};
