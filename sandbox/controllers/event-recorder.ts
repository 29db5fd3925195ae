import type { Api, Draft, KubernetesObject } from '../storage/api.js';
import { type Clock, microTime, timestamp } from './clock.js';
import { draftOf } from './draft.js';
import { TokenBuckets } from './token-buckets.js';

export interface Occurrence {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Such as `spec.containers{nginx}`. */
  readonly fieldPath?: string;
}

interface Source {
  readonly component: string;
  readonly host?: string;
}

interface Observation {
  readonly name: string;
  readonly firstTimestamp: string;
  count: number;
}

/** From so many different messages of one reason on, they are combined into one event. */
const COMBINE_FROM = 10;
const COMBINE_WINDOW_MS = 600_000;
const REMEMBERED = 4096;

/** Writes core/v1 Events as client-go's broadcaster does: repeats are counted, similar ones combined, floods dropped. */
export class EventRecorder {
  private readonly observed = new Map<string, Observation>();
  private readonly similar = new Map<string, { messages: Set<string>; lastAt: number }>();
  private readonly buckets: TokenBuckets;

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly source: Source,
  ) {
    this.buckets = new TokenBuckets(clock, { burst: 25, refillMs: 300_000, remembered: REMEMBERED });
  }

  record(object: KubernetesObject, occurrence: Occurrence): void {
    const about = `${object.kind}|${object.metadata.uid}`;
    const family = `${about}|${occurrence.type}|${occurrence.reason}`;
    const combined = this.isCombined(family, occurrence.message);
    const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
    if (!this.buckets.take(about)) return;

    const key = combined ? family : `${family}|${occurrence.fieldPath}|${occurrence.message}`;
    const known = this.observed.get(key);
    if (known && this.repeat(object, known, message)) return;
    const name = eventName(object, this.clock);
    const now = timestamp(this.clock.now());
    remember(this.observed, key, { name, firstTimestamp: now, count: 1 });
    const { component, host } = this.source;
    post(this.api, object, name, {
      involvedObject: referenceTo(object, occurrence.fieldPath),
      reason: occurrence.reason,
      message,
      source: this.source,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type: occurrence.type,
      eventTime: null,
      reportingComponent: combined ? '' : component,
      reportingInstance: combined ? '' : (host ?? ''),
    });
  }

  private isCombined(family: string, message: string): boolean {
    const now = this.clock.now();
    let group = this.similar.get(family);
    if (!group || now - group.lastAt > COMBINE_WINDOW_MS) {
      group = { messages: new Set(), lastAt: now };
      remember(this.similar, family, group);
    }
    group.lastAt = now;
    if (group.messages.size >= COMBINE_FROM - 1 && !group.messages.has(message)) return true;
    group.messages.add(message);
    return false;
  }

  private repeat(object: KubernetesObject, known: Observation, message: string): boolean {
    const stored = this.api.get('events', eventNamespace(object), known.name);
    if (!stored) return false;
    known.count += 1;
    const event = draftOf(stored);
    event['count'] = known.count;
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
    const name = eventName(object, this.clock);
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

let sequence = 0;

/** The object's name and the time in nanoseconds; the low digits keep names of one millisecond apart. */
function eventName(object: KubernetesObject, clock: Clock): string {
  sequence = (sequence + 1) % 1_000_000;
  const nanoseconds = BigInt(Math.floor(clock.now())) * 1_000_000n + BigInt(sequence);
  return `${object.metadata.name}.${nanoseconds.toString(16)}`;
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
