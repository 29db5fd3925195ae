import type { KubernetesObject } from './api.js';
import type { Resource } from './resource.js';
import { timestamp } from './timestamp.js';

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';

const finalizerOf = { Foreground: FOREGROUND, Orphan: ORPHAN, Background: undefined } as const;

/** The finalizers that carry a propagation policy to the garbage collector. */
export const applyPropagation = (
  object: KubernetesObject,
  policy: keyof typeof finalizerOf | undefined,
): any => {
  if (!policy) return object;
  const wanted = finalizerOf[policy];
  const others = (object.metadata.finalizers ?? []).filter((name) => name !== ORPHAN && name !== FOREGROUND);
  const finalizers = wanted ? [...others, wanted] : others;
  const { finalizers: _old, ...metadata } = object.metadata;
  return { ...object, metadata: finalizers.length > 0 ? { ...metadata, finalizers } : metadata };
};

/** What a DELETE makes of an object now: marked as being deleted, or gone. */
export const deletionStep = (
  kind: Resource,
  object: any,
  requestedGrace: number | undefined,
  now: number,
): { object: any; isGone: boolean } => {
  const grace = gracePeriod(kind, object, requestedGrace);
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  const isHeld = (object.metadata.finalizers ?? []).length > 0 || isHeldBySpec(kind, object);
  if (grace === 0 && !isHeld)
    return { object: kind.name === 'pods' ? marked(kind, object, 0, now) : object, isGone: true };
  if (deletionTimestamp !== undefined && grace >= (deletionGracePeriodSeconds ?? 0))
    return { object, isGone: false };
  return { object: marked(kind, object, grace, now), isGone: false };
};

/** With the time of its deletion, counted from the first request. */
const marked = (kind: Resource, object: any, grace: number, now: number): any => {
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = object.metadata;
  const isFirst = deletionTimestamp === undefined;
  const started = isFirst ? now : Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds ?? 0) * 1000;
  const metadata = {
    ...object.metadata,
    ...(generation && isFirst ? { generation: generation + 1 } : {}),
    deletionTimestamp: timestamp(started + grace * 1000),
    ...(kind.name === 'namespaces' ? {} : { deletionGracePeriodSeconds: grace }),
  };
  const status = kind.name === 'namespaces' ? { status: { ...object.status, phase: 'Terminating' } } : {};
  return { ...object, metadata, ...status };
};

const isHeldBySpec = (kind: Resource, object: any): boolean =>
  kind.name === 'namespaces' && (object.spec?.finalizers ?? []).length > 0;

const gracePeriod = (kind: Resource, object: any, requested: number | undefined): number => {
  if (kind.name !== 'pods') return 0;
  if (!object.spec.nodeName || ['Succeeded', 'Failed'].includes(object.status?.phase)) return 0;
  if (requested !== undefined) return Math.max(0, requested);
  const seconds = object.spec.terminationGracePeriodSeconds ?? 30;
  return seconds < 0 ? 1 : seconds;
};
