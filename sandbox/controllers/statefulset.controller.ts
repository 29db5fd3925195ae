import type { Api, KubernetesObject } from '../storage/api.js';
import type { PacedClock } from './clock.js';
import { draftOf, isEqual } from './draft.js';
import { EventRecorder } from './event-recorder.js';
import { keyOf, type ObjectCache, splitKey } from './object-cache.js';
import { controllerOf } from './ownership.js';
import { isPodAvailable, isPodFinished, isPodReady } from './pod-condition.js';
import { createPod, giveClaimsTo, ordinalOf, REVISION_LABEL } from './statefulset-pod.js';
import { provideRevisions, type Revisions } from './statefulset-revisions.js';
import { WorkQueue } from './work-queue.js';

const isHealthy = (pod: KubernetesObject): boolean => !pod.metadata.deletionTimestamp && isPodReady(pod);

/** Starts, updates and removes the pods of a StatefulSet one ordinal after the other. */
export class StatefulSetController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: { readonly statefulSets: ObjectCache; readonly pods: ObjectCache },
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    this.events = new EventRecorder(api, clock, { component: 'statefulset-controller' });
    caches.statefulSets.subscribe(({ object }) => this.queue.add(keyOf(object)));
    caches.pods.subscribe(({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'StatefulSet') this.queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const set = this.api.get('statefulsets', namespace, name);
    if (!set || set.metadata.deletionTimestamp) return;
    const revisions = provideRevisions(this.api, set);
    const pods = this.caches.pods.by(set.metadata.uid);
    const status = this.count(set, pods, revisions);
    try {
      this.move(set, pods, revisions, status);
    } finally {
      this.publish(set, status, revisions);
    }
  }

  /** One step when ordered; all that can be done at once when podManagementPolicy is Parallel. */
  private move(
    set: KubernetesObject,
    pods: readonly KubernetesObject[],
    revisions: Revisions,
    status: Record<string, any>,
  ): void {
    const { replicas, ordinals, podManagementPolicy, updateStrategy, minReadySeconds = 0 } = set['spec'];
    const isOrdered = podManagementPolicy !== 'Parallel';
    const first: number = ordinals?.start ?? 0;
    const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]));

    for (let ordinal = first; ordinal < first + replicas; ordinal++) {
      const pod = byOrdinal.get(ordinal);
      if (!pod)
        createPod(this.api, this.events, set, ordinal, this.revisionFor(set, ordinal - first, revisions));
      else if (isPodFinished(pod) && !pod.metadata.deletionTimestamp) this.recreate(set, pod);
      else if (isHealthy(pod) && isPodAvailable(pod, this.clock.scaled(minReadySeconds), this.clock.now()))
        continue;
      if (isOrdered) return;
    }

    const condemned = pods
      .filter((pod) => ordinalOf(pod) < first || ordinalOf(pod) >= first + replicas)
      .sort((a, b) => ordinalOf(b) - ordinalOf(a));
    for (const pod of condemned) {
      if (!pod.metadata.deletionTimestamp) {
        giveClaimsTo(this.api, set, pod);
        this.remove(set, pod);
      }
      if (isOrdered) return;
    }

    if (updateStrategy?.type === 'OnDelete') return;
    const partition: number = updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let ordinal = first + replicas - 1; ordinal >= first + partition; ordinal--) {
      const pod = byOrdinal.get(ordinal);
      if (!pod) return;
      const isOld = pod.metadata.labels?.[REVISION_LABEL] !== revisions.update.metadata.name;
      if (isOld && !pod.metadata.deletionTimestamp) {
        this.remove(set, pod);
        status['currentReplicas'] = Math.max(0, (status['currentReplicas'] ?? 0) - 1);
        return;
      }
      if (!isHealthy(pod)) return;
    }
  }

  private revisionFor(set: KubernetesObject, index: number, revisions: Revisions): KubernetesObject {
    const { updateStrategy } = set['spec'];
    if (updateStrategy?.type !== 'RollingUpdate') return revisions.update;
    const kept: number = updateStrategy.rollingUpdate
      ? (updateStrategy.rollingUpdate.partition ?? 0)
      : (set['status']?.currentReplicas ?? 0);
    return index < kept ? revisions.current : revisions.update;
  }

  private recreate(set: KubernetesObject, pod: KubernetesObject): void {
    const { name, namespace } = pod.metadata;
    const message = `StatefulSet ${namespace}/${set.metadata.name} is recreating failed Pod ${name}`;
    this.events.record(set, { type: 'Warning', reason: 'RecreatingFailedPod', message });
    this.api.remove('pods', namespace, name);
  }

  private remove(set: KubernetesObject, pod: KubernetesObject): void {
    this.api.remove('pods', pod.metadata.namespace, pod.metadata.name);
    const message = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
    this.events.record(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }

  private count(set: KubernetesObject, pods: readonly KubernetesObject[], { current, update }: Revisions) {
    const { minReadySeconds = 0 } = set['spec'];
    const ready = pods.filter(isPodReady);
    const available = ready.filter((pod) =>
      isPodAvailable(pod, this.clock.scaled(minReadySeconds), this.clock.now()),
    );
    if (ready.length > available.length)
      this.queue.addAfter(keyOf(set), this.clock.scaled(minReadySeconds * 1000));
    const ofRevision = ({ metadata }: KubernetesObject): number =>
      pods.filter(
        (pod) => !pod.metadata.deletionTimestamp && pod.metadata.labels?.[REVISION_LABEL] === metadata.name,
      ).length;
    return {
      observedGeneration: set.metadata.generation ?? 1,
      replicas: pods.length,
      readyReplicas: ready.length,
      currentReplicas: ofRevision(current),
      updatedReplicas: ofRevision(update),
      currentRevision: current.metadata.name,
      updateRevision: update.metadata.name,
      collisionCount: set['status']?.collisionCount ?? 0,
      availableReplicas: available.length,
    };
  }

  private publish(set: KubernetesObject, counted: Record<string, any>, { update }: Revisions): void {
    const { replicas, readyReplicas, updatedReplicas } = counted;
    const isRolledOut = updatedReplicas === replicas && readyReplicas === replicas;
    const isRolling = set['spec'].updateStrategy?.type === 'RollingUpdate';
    const finished =
      isRolledOut && isRolling && set['spec'].replicas === replicas
        ? { ...counted, currentReplicas: updatedReplicas, currentRevision: update.metadata.name }
        : counted;
    const status = Object.fromEntries(
      Object.entries(finished).filter(([field, value]) => value !== 0 || !OMITTED_WHEN_ZERO.has(field)),
    );
    const current = this.api.get('statefulsets', set.metadata.namespace, set.metadata.name);
    if (current && !isEqual(current['status'], status))
      this.api.update('statefulsets', { ...draftOf(current), status }, 'status');
  }
}

const OMITTED_WHEN_ZERO = new Set(['readyReplicas', 'currentReplicas', 'updatedReplicas']);
