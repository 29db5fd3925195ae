import { type Clock, timestamp } from '../controllers/clock.js';
import { draftOf } from '../controllers/draft.js';
import { SeriesRecorder } from '../controllers/event-recorder.js';
import { keyOf, ObjectCache } from '../controllers/object-cache.js';
import { controllerOf } from '../controllers/ownership.js';
import { type Condition, findCondition, isPodFinished } from '../controllers/pod-condition.js';
import { toNumber } from '../controllers/quantity.js';
import { SELECTED_NODE } from '../controllers/volume.controller.js';
import { WorkQueue } from '../controllers/work-queue.js';
import type { Api, KubernetesObject } from '../storage/api.js';
import { NodeUsage } from './node-usage.js';
import { type Misfit, misfits, unschedulableMessage } from './scheduler-fit.js';

const REACTION_MS = 10;
const UNSCHEDULED = '';

/** Gives pods nodes, by requests, selectors, taints and volumes; says why where it cannot. */
export class Scheduler {
  private readonly queue: WorkQueue;
  private readonly events: SeriesRecorder;
  private readonly pods: ObjectCache;
  private readonly nodes: ObjectCache;
  private readonly claims: ObjectCache;
  private readonly storageClasses: ObjectCache;
  private readonly usage = new NodeUsage();

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    pace: number,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key), REACTION_MS * pace);
    this.events = new SeriesRecorder(api, clock, 'default-scheduler', 'default-scheduler-sandbox');
    this.pods = new ObjectCache(api, 'pods', ({ spec }) => [spec.nodeName ?? UNSCHEDULED]);
    this.nodes = new ObjectCache(api, 'nodes');
    this.claims = new ObjectCache(api, 'persistentvolumeclaims');
    this.storageClasses = new ObjectCache(api, 'storageclasses');
    this.pods.subscribe((event) => {
      this.usage.apply(event);
      const { type, object, previous } = event;
      if (type === 'DELETED' || (previous && isPodFinished(object) && !isPodFinished(previous)))
        this.enqueueWaiting();
      else if (!object['spec'].nodeName) this.queue.add(keyOf(object));
    });
    this.nodes.subscribe(({ object, previous }) => {
      if (
        !previous ||
        object['spec'] !== previous['spec'] ||
        object.metadata.labels !== previous.metadata.labels
      )
        this.enqueueWaiting();
    });
    this.claims.subscribe(() => this.enqueueWaiting());
  }

  dispose(): void {
    this.queue.dispose();
    for (const cache of [this.pods, this.nodes, this.claims, this.storageClasses]) cache.dispose();
  }

  private enqueueWaiting(): void {
    for (const pod of this.pods.by(UNSCHEDULED)) this.queue.add(keyOf(pod));
  }

  private reconcile(key: string): void {
    const pod = this.pods.get(key);
    if (!pod || pod['spec'].nodeName || pod['spec'].schedulingGates?.length > 0) return;
    const { namespace, name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp) {
      this.api.remove('pods', namespace, name, { gracePeriodSeconds: 0 });
      return;
    }
    const blocked = this.blockingVolume(pod);
    if (blocked) {
      this.refuse(pod, `0/${this.nodes.all().length} nodes are available: ${blocked}. not found`);
      return;
    }
    const candidates = this.nodes.all().map((node) => ({ node, against: this.against(pod, node) }));
    const fitting = candidates.filter(({ against }) => against.length === 0).map(({ node }) => node);
    const best = this.choose(pod, fitting);
    if (!best) {
      const message =
        candidates.length > 0
          ? unschedulableMessage(candidates.map(({ against }) => against))
          : 'no nodes available to schedule pods';
      this.refuse(pod, message);
      return;
    }
    if (this.bindVolumes(pod, best)) this.bind(pod, best);
  }

  private against(pod: KubernetesObject, node: KubernetesObject): Misfit[] {
    return misfits(pod, node, this.usage.of(node.metadata.name));
  }

  /** The node with the fewest pods of the same owner, then with the most room. */
  private choose(pod: KubernetesObject, fitting: readonly KubernetesObject[]): KubernetesObject | undefined {
    const owner = controllerOf(pod)?.uid;
    const score = (node: KubernetesObject): number => {
      const running = this.pods.by(node.metadata.name);
      const alike = running.filter((other) => owner && controllerOf(other)?.uid === owner).length;
      const load = this.usage.of(node.metadata.name).cpu / toNumber(node['status'].allocatable.cpu);
      return alike * 1000 + load * 100 + running.length;
    };
    let best: { node: KubernetesObject; score: number } | undefined;
    for (const node of fitting) {
      const value = score(node);
      if (!best || value < best.score) best = { node, score: value };
    }
    return best?.node;
  }

  /** What keeps the pod from any node: a claim that is missing, or one that binds without waiting for a pod. */
  private blockingVolume(pod: KubernetesObject): string | undefined {
    for (const { claim, name } of this.claimsOf(pod)) {
      if (!claim) return `persistentvolumeclaim "${name}" not found`;
      if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
      if (claim['status']?.phase !== 'Bound' && !this.waitsForConsumer(claim))
        return 'pod has unbound immediate PersistentVolumeClaims';
    }
    return undefined;
  }

  private claimsOf(pod: KubernetesObject): { name: string; claim: KubernetesObject | undefined }[] {
    return (pod['spec'].volumes ?? [])
      .filter((volume: any) => volume.persistentVolumeClaim)
      .map((volume: any) => {
        const name: string = volume.persistentVolumeClaim.claimName;
        return { name, claim: this.claims.get(`${pod.metadata.namespace}/${name}`) };
      });
  }

  private waitsForConsumer(claim: KubernetesObject): boolean {
    const storageClass = this.storageClasses.get(claim['spec'].storageClassName ?? '');
    return storageClass?.['volumeBindingMode'] === 'WaitForFirstConsumer';
  }

  /** Tells the provisioner the node; answers whether all volumes are bound. */
  private bindVolumes(pod: KubernetesObject, node: KubernetesObject): boolean {
    const unbound = this.claimsOf(pod).flatMap(({ claim }) =>
      claim && claim['status']?.phase !== 'Bound' ? [claim] : [],
    );
    for (const claim of unbound.filter(({ metadata }) => !metadata.annotations?.[SELECTED_NODE])) {
      const draft = draftOf(claim);
      draft.metadata['annotations'] = {
        ...draft.metadata['annotations'],
        [SELECTED_NODE]: node.metadata.name,
      };
      this.api.update('persistentvolumeclaims', draft);
    }
    return unbound.length === 0;
  }

  private bind(pod: KubernetesObject, node: KubernetesObject): void {
    const { namespace, name } = pod.metadata;
    const draft = draftOf(pod);
    draft['spec'].nodeName = node.metadata.name;
    const bound = this.api.update('pods', draft);
    this.publish(bound, { status: 'True' });
    const message = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`;
    this.events.record(pod, { type: 'Normal', reason: 'Scheduled', message, action: 'Binding' });
  }

  private refuse(pod: KubernetesObject, message: string): void {
    if (findCondition(pod, 'PodScheduled')?.['message'] === message) return;
    this.publish(pod, { status: 'False', reason: 'Unschedulable', message });
    this.events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message, action: 'Scheduling' });
  }

  private publish(pod: KubernetesObject, next: { status: string; reason?: string; message?: string }): void {
    const { status, ...why } = next;
    const before = findCondition(pod, 'PodScheduled');
    const condition = {
      type: 'PodScheduled',
      observedGeneration: pod.metadata.generation ?? 1,
      status,
      lastProbeTime: null,
      lastTransitionTime:
        (before?.status === status && before.lastTransitionTime) || timestamp(this.clock.now()),
      ...why,
    };
    const draft = draftOf(pod);
    const others = (pod['status']?.conditions ?? []).filter(({ type }: Condition) => type !== 'PodScheduled');
    draft['status'] = { ...draft['status'], phase: 'Pending', conditions: [...others, condition] };
    this.api.update('pods', draft, 'status');
  }
}
