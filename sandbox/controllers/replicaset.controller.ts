import type { Api, KubernetesObject } from '../storage/api.js';
import { matchesLabelSelector } from '../storage/label-selector.js';
import { type PacedClock, timestamp } from './clock.js';
import { draftOf, isEqual } from './draft.js';
import { EventRecorder } from './event-recorder.js';
import { keyOf, type ObjectCache, splitKey } from './object-cache.js';
import { controllerOf, controllerReference } from './ownership.js';
import {
  type Condition,
  findCondition,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminating,
} from './pod-condition.js';
import { podFromTemplate } from './pod-factory.js';
import { rankForDeletion } from './pod-ranking.js';
import { WorkQueue } from './work-queue.js';

const BURST = 500;

/** Keeps as many pods of a ReplicaSet alive as it asks for. */
export class ReplicaSetController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: { readonly replicaSets: ObjectCache; readonly pods: ObjectCache },
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    this.events = new EventRecorder(api, clock, { component: 'replicaset-controller' });
    caches.replicaSets.subscribe(({ object }) => this.queue.add(keyOf(object)));
    caches.pods.subscribe(({ object }) => this.enqueueOwnerOf(object));
  }

  dispose(): void {
    this.queue.dispose();
  }

  private enqueueOwnerOf(pod: KubernetesObject): void {
    const owner = controllerOf(pod);
    if (owner?.kind === 'ReplicaSet') {
      this.queue.add(`${pod.metadata.namespace}/${owner.name}`);
      return;
    }
    if (owner || !isPodActive(pod) || !pod.metadata.labels) return;
    for (const replicaSet of this.caches.replicaSets.by(pod.metadata.namespace ?? ''))
      if (matchesLabelSelector(pod.metadata.labels, replicaSet['spec'].selector))
        this.queue.add(keyOf(replicaSet));
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const replicaSet = this.api.get('replicasets', namespace, name);
    if (!replicaSet) return;
    const pods = this.claim(replicaSet);
    const active = pods.filter(isPodActive);
    let failure: unknown;
    try {
      if (!replicaSet.metadata.deletionTimestamp) this.manage(replicaSet, active);
    } catch (error) {
      failure = error;
    }
    this.publish(replicaSet, pods, active, failure);
    if (failure) throw failure;
  }

  /** The pods under control; orphans that the selector matches are adopted, owned ones it no longer matches let go. */
  private claim(replicaSet: KubernetesObject): KubernetesObject[] {
    const matches = (pod: KubernetesObject) =>
      matchesLabelSelector(pod.metadata.labels, replicaSet['spec'].selector);
    const owned = this.caches.pods.by(replicaSet.metadata.uid);
    if (replicaSet.metadata.deletionTimestamp) return owned;
    const released = owned.filter((pod) => !matches(pod) && isPodActive(pod));
    for (const pod of released) this.reown(pod, []);
    const orphans = this.caches.pods
      .by(`orphans/${replicaSet.metadata.namespace}`)
      .filter((pod) => isPodActive(pod) && matches(pod));
    const adopted = orphans.map((pod) => this.reown(pod, [controllerReference(replicaSet)]));
    return [...owned.filter((pod) => !released.includes(pod)), ...adopted];
  }

  private reown(pod: KubernetesObject, owners: readonly object[]): KubernetesObject {
    const draft = draftOf(pod);
    const others = (pod.metadata.ownerReferences ?? []).filter((owner) => !owner.controller);
    draft.metadata['ownerReferences'] = [...others, ...owners];
    return this.api.update('pods', draft);
  }

  private manage(replicaSet: KubernetesObject, active: readonly KubernetesObject[]): void {
    const missing = replicaSet['spec'].replicas - active.length;
    if (missing > 0) this.create(replicaSet, Math.min(missing, BURST));
    if (missing < 0) this.remove(replicaSet, active, Math.min(-missing, BURST));
  }

  /** In batches of 1, 2, 4, …: where the first is refused, the others are not tried. */
  private create(replicaSet: KubernetesObject, count: number): void {
    for (let done = 0, batch = 1; done < count; done += batch, batch = Math.min(2 * batch, count - done)) {
      const failures = Array.from({ length: batch }, () => this.createOne(replicaSet)).filter(Boolean);
      if (failures.length > 0) throw failures[0];
    }
  }

  private createOne(replicaSet: KubernetesObject): unknown {
    const draft = podFromTemplate(replicaSet, { generateName: `${replicaSet.metadata.name}-` });
    try {
      const pod = this.api.create('pods', draft);
      const message = `Created pod: ${pod.metadata.name}`;
      this.events.record(replicaSet, { type: 'Normal', reason: 'SuccessfulCreate', message });
      return undefined;
    } catch (error) {
      const message = `Error creating: ${messageOf(error)}`;
      this.events.record(replicaSet, { type: 'Warning', reason: 'FailedCreate', message });
      return error;
    }
  }

  private remove(replicaSet: KubernetesObject, active: readonly KubernetesObject[], count: number): void {
    const { namespace } = replicaSet.metadata;
    const onNode = new Map<string, number>();
    for (const pod of this.siblings(replicaSet)) {
      const node = pod['spec'].nodeName;
      if (node) onNode.set(node, (onNode.get(node) ?? 0) + 1);
    }
    for (const pod of rankForDeletion(active, (node) => onNode.get(node) ?? 0).slice(0, count)) {
      this.api.remove('pods', namespace, pod.metadata.name);
      const message = `Deleted pod: ${pod.metadata.name}`;
      this.events.record(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message });
    }
  }

  /** Active pods of all ReplicaSets of the same owner: they crowd a node together. */
  private siblings(replicaSet: KubernetesObject): KubernetesObject[] {
    const owner = controllerOf(replicaSet)?.uid;
    return this.caches.replicaSets
      .by(replicaSet.metadata.namespace ?? '')
      .filter(
        (other) =>
          other.metadata.uid === replicaSet.metadata.uid ||
          (owner !== undefined && controllerOf(other)?.uid === owner),
      )
      .flatMap((other) => this.caches.pods.by(other.metadata.uid).filter(isPodActive));
  }

  private publish(
    replicaSet: KubernetesObject,
    pods: readonly KubernetesObject[],
    active: readonly KubernetesObject[],
    failure: unknown,
  ): void {
    const current = this.api.get('replicasets', replicaSet.metadata.namespace, replicaSet.metadata.name);
    if (!current) return;
    const { minReadySeconds = 0, template } = replicaSet['spec'];
    const ready = active.filter(isPodReady);
    const available = ready.filter((pod) =>
      isPodAvailable(pod, this.clock.scaled(minReadySeconds), this.clock.now()),
    );
    const labelled = active.filter((pod) =>
      matchesLabelSelector(pod.metadata.labels, { matchLabels: template.metadata?.labels }),
    );
    const conditions = this.conditions(current, active.length, failure);
    const status = {
      replicas: active.length,
      ...(labelled.length > 0 && { fullyLabeledReplicas: labelled.length }),
      ...(ready.length > 0 && { readyReplicas: ready.length }),
      ...(available.length > 0 && { availableReplicas: available.length }),
      terminatingReplicas: pods.filter(isPodTerminating).length,
      observedGeneration: replicaSet.metadata.generation ?? 1,
      ...(conditions.length > 0 && { conditions }),
    };
    if (!isEqual(current['status'], status))
      this.api.update('replicasets', { ...draftOf(current), status }, 'status');
    if (ready.length > available.length)
      this.queue.addAfter(keyOf(replicaSet), this.clock.scaled(minReadySeconds * 1000));
  }

  private conditions(replicaSet: KubernetesObject, active: number, failure: unknown): Condition[] {
    const known = findCondition(replicaSet, 'ReplicaFailure');
    const others = (replicaSet['status']?.conditions ?? []).filter(
      ({ type }: Condition) => type !== 'ReplicaFailure',
    );
    if (!failure) return others;
    if (known) return [...others, known];
    const reason = active < replicaSet['spec'].replicas ? 'FailedCreate' : 'FailedDelete';
    const lastTransitionTime = timestamp(this.clock.now());
    const message = messageOf(failure);
    return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime, reason, message }];
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
