import type { Connections } from '../../shared/kubernetes/connections.js';
import { listObjects } from '../../shared/kubernetes/objects.js';
import { type Event as KubernetesEvent, resources } from '../../shared/kubernetes/resources.js';

export const eventSeverities = ['NORMAL', 'WARNING'] as const;
export type EventSeverity = (typeof eventSeverities)[number];

interface EventSubject {
  readonly name: string;
  readonly clusterId: string;
  readonly namespace: string;
  readonly spec: { readonly volumes: readonly { readonly name: string }[] };
}

export interface EventValue {
  id: string;
  type: string;
  severity: EventSeverity;
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

  /** Of the service's objects, gone ones included; newest first, repeats merged. One call. */
  async list(service: EventSubject, severities?: readonly EventSeverity[] | null): Promise<EventValue[]> {
    const { clusterId, namespace } = service;
    const connection = await this.connections.get(clusterId);
    const { items } = await listObjects(connection, resources.events, { namespace });
    const concerns = objectsOf(service);
    const events = mergeEvents(
      items.filter(({ involvedObject }) => involvedObject && concerns(involvedObject)),
    );
    return severities == null ? events : events.filter(({ severity }) => severities.includes(severity));
  }
}

/** Letters and digits of generated names. */
const random = '[bcdfghjklmnpqrstvwxz2456789]';

/** By kind and name, because an object that is gone has left nothing else: ReplicaSets and pods are named after it. */
export function objectsOf({
  name,
  spec,
}: Pick<EventSubject, 'name' | 'spec'>): (object: {
  kind?: string | undefined;
  name?: string | undefined;
}) => boolean {
  const workload = `${name}(?:-canary)?`;
  const patterns: Readonly<Record<string, RegExp>> = {
    Deployment: new RegExp(`^${workload}$`),
    ReplicaSet: new RegExp(`^${workload}-${random}{1,10}$`),
    Pod: new RegExp(`^${workload}-${random}{1,10}-${random}{5}$`),
    HorizontalPodAutoscaler: new RegExp(`^${name}$`),
    Ingress: new RegExp(`^${name}$`),
    Service: new RegExp(`^${name}(?:-public)?$`),
    PersistentVolumeClaim: new RegExp(`^${name}-(?:${spec.volumes.map((volume) => volume.name).join('|')})$`),
  };
  return ({ kind = '', name: objectName = '' }) => patterns[kind]?.test(objectName) ?? false;
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
    // Kubernetes knows these two; what is new some day is not to be missed.
    severity: (event.type ?? 'Normal') === 'Normal' ? 'NORMAL' : 'WARNING',
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
