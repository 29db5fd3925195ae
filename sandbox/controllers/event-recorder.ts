import type { Api, Draft, KubernetesObject } from '../storage/api.js';
import { type Clock, microTime, timestamp } from './clock.js';
import { draftOf } from './draft.js';
import { EventMemory, type Occurrence } from './event-memory.js';

interface Source {
  readonly component: string;
  readonly host?: string;
}

const REMEMBERED = 4096;

/** Writes core/v1 Events as client-go's broadcaster does: repeats are counted, similar ones combined, floods dropped. */
export class EventRecorder {
  private readonly memory: EventMemory;

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly source: Source,
  ) {
    this.memory = new EventMemory(clock);
  }

  record(object: KubernetesObject, occurrence: Occurrence): void {
    const told = this.memory.take(object.metadata.uid, occurrence);
    if (!told) return;
    const isCombined = told.message === undefined;
    const message = isCombined ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
    if (told.eventName && this.repeat(object, told.eventName, message)) return;
    told.eventName = eventName(object, this.api, this.clock);
    const now = timestamp(this.clock.now());
    const { component, host } = this.source;
    post(this.api, object, told.eventName, {
      involvedObject: referenceTo(object, occurrence.fieldPath),
      reason: occurrence.reason,
      message,
      source: this.source,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type: occurrence.type,
      eventTime: null,
      reportingComponent: isCombined ? '' : component,
      reportingInstance: isCombined ? '' : (host ?? ''),
    });
  }

  private repeat(object: KubernetesObject, name: string, message: string): boolean {
    const stored = this.api.get('events', eventNamespace(object), name);
    if (!stored) return false;
    const event = draftOf(stored);
    event['count'] = (stored['count'] ?? 0) + 1;
    event['message'] = message;
    event['lastTimestamp'] = timestamp(this.clock.now());
    attempt(() => this.api.update('events', event));
    return true;
  }
}

/** Writes events as the scheduler does, through events.k8s.io: an eventTime and a series instead of a count. */
export class SeriesRecorder {
  private readonly series = new Map<string, string>();

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly component: string,
    private readonly instance: string,
  ) {}

  record(object: KubernetesObject, occurrence: Occurrence & { action: string }): void {
    const key = `${object.metadata.uid}|${occurrence.reason}|${occurrence.message}`;
    const known = this.series.get(key);
    const stored = known ? this.api.get('events', eventNamespace(object), known) : undefined;
    if (stored) {
      const event = draftOf(stored);
      const count = (stored['series']?.count ?? 1) + 1;
      event['series'] = { count, lastObservedTime: microTime(this.clock.now()) };
      attempt(() => this.api.update('events', event));
      return;
    }
    const name = eventName(object, this.api, this.clock);
    remember(this.series, key, name);
    post(this.api, object, name, {
      involvedObject: referenceTo(object, occurrence.fieldPath),
      reason: occurrence.reason,
      message: occurrence.message,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      type: occurrence.type,
      eventTime: microTime(this.clock.now()),
      action: occurrence.action,
      reportingComponent: this.component,
      reportingInstance: this.instance,
    });
  }
}

/** The object's name and the time in nanoseconds, of which the clock knows no more than milliseconds: a free one. */
function eventName(object: KubernetesObject, api: Api, clock: Clock): string {
  let nanoseconds = BigInt(Math.floor(clock.now())) * 1_000_000n;
  for (;;) {
    const name = `${object.metadata.name}.${nanoseconds.toString(16)}`;
    if (!api.get('events', eventNamespace(object), name)) return name;
    nanoseconds += 1n;
  }
}

const eventNamespace = (object: KubernetesObject): string => object.metadata.namespace ?? 'default';

function referenceTo({ kind, apiVersion, metadata }: KubernetesObject, fieldPath: string | undefined) {
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    kind,
    ...(namespace && { namespace }),
    name,
    uid,
    apiVersion,
    resourceVersion,
    ...(fieldPath && { fieldPath }),
  };
}

function post(api: Api, object: KubernetesObject, name: string, body: Omit<Draft, 'metadata'>): void {
  const metadata = { name, namespace: eventNamespace(object) };
  attempt(() => api.create('events', { apiVersion: 'v1', kind: 'Event', metadata, ...body }));
}

/** An event is told once or not at all: its namespace may be terminating. */
function attempt(write: () => void): void {
  try {
    write();
  } catch {
    return;
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
