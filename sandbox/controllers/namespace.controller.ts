import type { Api, KubernetesObject } from '../storage/api.js';
import { getResource, resources } from '../storage/resources.js';
import { type Clock, timestamp } from './clock.js';
import { draftOf, isEqual } from './draft.js';
import type { ObjectCache } from './object-cache.js';
import type { Condition } from './pod-condition.js';
import { WorkQueue } from './work-queue.js';

const RETRY_MS = 500;

const contentResources = resources.filter(({ namespaced }) => namespaced).map(({ name }) => name);

interface Remains {
  readonly resource: string;
  readonly objects: readonly KubernetesObject[];
}

/** Empties a namespace that is being deleted, says in its conditions what holds it, and lets it go. */
export class NamespaceController {
  private readonly queue: WorkQueue;

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly namespaces: ObjectCache,
  ) {
    this.queue = new WorkQueue(clock, (name) => this.reconcile(name), 50);
    namespaces.subscribe(({ object }) => {
      if (object.metadata.deletionTimestamp) this.queue.add(object.metadata.name);
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(name: string): void {
    const namespace = this.namespaces.get(name);
    if (!namespace?.metadata.deletionTimestamp) return;
    for (const resource of contentResources)
      for (const { metadata } of this.api.list(resource, { namespace: name }))
        if (!metadata.deletionTimestamp)
          this.api.remove(resource, name, metadata.name, { propagationPolicy: 'Background' });
    const remains = contentResources
      .map((resource) => ({ resource, objects: this.api.list(resource, { namespace: name }) }))
      .filter(({ objects }) => objects.length > 0);
    this.publish(namespace, remains);
    if (remains.length > 0) {
      this.queue.addAfter(name, RETRY_MS);
      return;
    }
    this.finalize(name);
  }

  private finalize(name: string): void {
    const namespace = this.api.get('namespaces', undefined, name);
    if (!namespace) return;
    const draft = draftOf(namespace);
    draft['spec'] = {};
    this.api.update('namespaces', draft, 'finalize');
    if (this.api.get('namespaces', undefined, name)) this.api.remove('namespaces', undefined, name);
  }

  private publish(namespace: KubernetesObject, remains: readonly Remains[]): void {
    const before: readonly Condition[] = namespace['status']?.conditions ?? [];
    const now = timestamp(this.clock.now());
    const conditions = conditionsFor(remains).map((condition) => {
      const known = before.find(({ type }) => type === condition.type);
      const lastTransitionTime = (known?.status === condition.status && known.lastTransitionTime) || now;
      const { type, status, reason, message } = condition;
      return { type, status, lastTransitionTime, reason, message };
    });
    if (isEqual(before, conditions)) return;
    const status = { ...namespace['status'], conditions };
    this.api.update('namespaces', { ...draftOf(namespace), status }, 'status');
  }
}

function conditionsFor(remains: readonly Remains[]) {
  const condition = (type: string, isTrue: boolean, reason: string, message: string) => ({
    type,
    status: isTrue ? 'True' : 'False',
    reason,
    message,
  });
  const instances = remains.map(
    ({ resource, objects }) =>
      `${resource}.${getResource(resource).group} has ${objects.length} resource instances`,
  );
  const holders = new Map<string, number>();
  for (const { objects } of remains)
    for (const { metadata } of objects)
      for (const finalizer of metadata.finalizers ?? [])
        holders.set(finalizer, (holders.get(finalizer) ?? 0) + 1);
  const held = [...holders].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  return [
    condition(
      'NamespaceDeletionDiscoveryFailure',
      false,
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ),
    condition(
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    condition(
      'NamespaceDeletionContentFailure',
      false,
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    instances.length > 0
      ? condition(
          'NamespaceContentRemaining',
          true,
          'SomeResourcesRemain',
          `Some resources are remaining: ${instances.join(', ')}`,
        )
      : condition('NamespaceContentRemaining', false, 'ContentRemoved', 'All content successfully removed'),
    held.length > 0
      ? condition(
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
        )
      : condition(
          'NamespaceFinalizersRemaining',
          false,
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ),
  ];
}
