import type { Draft, KubernetesObject, OwnerReference, ResourceName } from '../api.js';
import { FOREGROUND, ORPHAN } from '../deletion.js';
import type { Registry } from '../registry.js';
import { resources } from '../resources.js';
import { keyOf } from '../store.js';
import { type Defer, KeyedQueue } from './keyed-queue.js';

interface Reference {
  readonly resource: ResourceName;
  readonly key: string;
}

/**
 * Deletes objects whose owners are all gone, and carries out Foreground and Orphan deletion through their finalizers.
 * Dependents are found by the uid of their owner.
 */
export const collectGarbage = (registry: Registry, defer?: Defer): { dispose(): void } => {
  const api = registry.as('kube-controller-manager');
  const dependents = new Map<string, Map<string, Reference>>();
  const owners = new Map<string, Reference>();

  const index = (resource: ResourceName, object: KubernetesObject, isThere: boolean): void => {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const known = dependents.get(uid) ?? new Map<string, Reference>();
      if (isThere) known.set(`${resource} ${key}`, { resource, key });
      else known.delete(`${resource} ${key}`);
      if (known.size > 0) dependents.set(uid, known);
      else dependents.delete(uid);
    }
    if (resource === 'events') return;
    if (isThere) owners.set(object.metadata.uid, { resource, key });
    else owners.delete(object.metadata.uid);
  };

  /** Events are most of a cluster's objects, and nothing is known to be owned by one: they are not kept track of. */
  const isThere = ({ uid, kind }: OwnerReference): boolean => kind === 'Event' || owners.has(uid);

  const find = ({ resource, key }: Reference): KubernetesObject | undefined =>
    registry.store.get(resource, key);
  const dependentsOf = (uid: string): { reference: Reference; object: KubernetesObject }[] =>
    [...(dependents.get(uid)?.values() ?? [])].flatMap((reference) => {
      const object = find(reference);
      return object ? [{ reference, object }] : [];
    });

  const ownerIsGone = (uid: string): void => {
    for (const { reference, object } of dependentsOf(uid)) {
      const left = (object.metadata.ownerReferences ?? []).filter(isThere);
      if (object.metadata.deletionTimestamp !== undefined) continue;
      if (left.length === 0) removeObject(api, reference.resource, object, 'Background');
      else api.update(reference.resource, withOwners(object, left));
    }
  };

  const ownerIsWaiting = (reference: Reference, owner: KubernetesObject): void => {
    const { uid, finalizers = [] } = owner.metadata;
    const waiting = dependentsOf(uid);
    if (finalizers.includes(ORPHAN)) {
      for (const { reference: dependent, object } of waiting) {
        const left = (object.metadata.ownerReferences ?? []).filter((each) => each.uid !== uid);
        api.update(dependent.resource, withOwners(object, left));
      }
      removeFinalizer(api, reference.resource, owner, ORPHAN);
    } else if (finalizers.includes(FOREGROUND)) {
      const blocking = waiting.filter(({ object }) =>
        (object.metadata.ownerReferences ?? []).some((each) => each.uid === uid && each.blockOwnerDeletion),
      );
      if (blocking.length === 0) removeFinalizer(api, reference.resource, owner, FOREGROUND);
      for (const { reference: dependent, object } of waiting) {
        if (object.metadata.deletionTimestamp !== undefined) continue;
        const policy = (dependents.get(object.metadata.uid)?.size ?? 0) > 0 ? 'Foreground' : 'Background';
        removeObject(api, dependent.resource, object, policy);
      }
    }
  };

  const queue = new KeyedQueue((uid) => {
    const reference = owners.get(uid);
    const owner = reference && find(reference);
    if (reference && owner) ownerIsWaiting(reference, owner);
    else ownerIsGone(uid);
  }, defer);

  const subscriptions = resources.map(({ name }) => {
    for (const object of api.list(name)) index(name, object, true);
    return api.watch(name, ({ type, object, previous }) => {
      const isIndexed =
        type === 'MODIFIED' && previous?.metadata.ownerReferences === object.metadata.ownerReferences;
      if (previous && !isIndexed) index(name, previous, false);
      if (type !== 'DELETED' && !isIndexed) index(name, object, true);
      if (type === 'DELETED') {
        if (dependents.has(object.metadata.uid)) queue.add(object.metadata.uid);
        for (const { uid } of object.metadata.ownerReferences ?? []) queue.add(uid);
      } else if (object.metadata.deletionTimestamp !== undefined) queue.add(object.metadata.uid);
      else
        for (const owner of object.metadata.ownerReferences ?? []) if (!isThere(owner)) queue.add(owner.uid);
    });
  });
  return {
    dispose: () => {
      for (const unsubscribe of subscriptions) unsubscribe();
      queue.dispose();
    },
  };
};

const removeObject = (
  api: Registry,
  resource: ResourceName,
  { metadata }: KubernetesObject,
  propagationPolicy: 'Background' | 'Foreground',
): void => {
  api.remove(resource, metadata.namespace, metadata.name, { propagationPolicy });
};

const withOwners = (object: KubernetesObject, ownerReferences: readonly object[]): Draft => ({
  ...object,
  metadata: { ...object.metadata, ownerReferences },
});

const removeFinalizer = (
  api: Registry,
  resource: ResourceName,
  object: KubernetesObject,
  name: string,
): void => {
  const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== name);
  api.update(resource, { ...object, metadata: { ...object.metadata, finalizers } });
};
