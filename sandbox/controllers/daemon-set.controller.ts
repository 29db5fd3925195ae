import type { Api, Draft, KubernetesObject } from '../storage/api.js';
import type { PacedClock } from './clock.js';
import { draftOf, isEqual } from './draft.js';
import { EventRecorder } from './event-recorder.js';
import { matchesNode, untoleratedTaint } from './node-matching.js';
import { keyOf, type ObjectCache, splitKey } from './object-cache.js';
import { controllerOf } from './ownership.js';
import { isPodAvailable, isPodFinished, isPodReady } from './pod-condition.js';
import { podFromTemplate } from './pod-factory.js';
import { resolveRoundingUp } from './rollout-arithmetic.js';
import { provideRevisions } from './statefulset-revisions.js';
import { WorkQueue } from './work-queue.js';

const REVISION_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';
/** Daemons stay on nodes in trouble, and run on cordoned ones. */
const TOLERATIONS = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

export interface DaemonSetCaches {
  readonly daemonSets: ObjectCache;
  readonly nodes: ObjectCache;
  /** Indexed by the uid of the controller. */
  readonly pods: ObjectCache;
}

interface NodePods {
  readonly node: KubernetesObject;
  readonly isWanted: boolean;
  readonly pods: readonly KubernetesObject[];
}

/** Keeps one pod of each DaemonSet on every node that its template may run on, and rolls templates out. */
export class DaemonSetController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: DaemonSetCaches,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    this.events = new EventRecorder(api, clock, { component: 'daemonset-controller' });
    caches.daemonSets.subscribe(({ object }) => this.queue.add(keyOf(object)));
    caches.pods.subscribe(({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'DaemonSet') this.queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
    caches.nodes.subscribe(({ object, previous }) => {
      const isSame =
        object['spec'] === previous?.['spec'] && object.metadata.labels === previous?.metadata.labels;
      if (!isSame) for (const set of caches.daemonSets.all()) this.queue.add(keyOf(set));
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const set = this.api.get('daemonsets', namespace, name);
    if (!set || set.metadata.deletionTimestamp) return;
    const { update } = provideRevisions(this.api, set);
    const hash = update.metadata.labels?.['controller.kubernetes.io/hash'] ?? '';
    const places = this.placesOf(set);
    this.place(set, places, hash);
    if (set['spec'].updateStrategy?.type !== 'OnDelete') this.roll(set, this.placesOf(set), hash);
    this.publish(set, this.placesOf(set), hash);
  }

  private placesOf(set: KubernetesObject): NodePods[] {
    const pods = this.caches.pods.by(set.metadata.uid);
    const template = { ...set, spec: daemonSpec(set['spec'].template.spec) } as KubernetesObject;
    return this.caches.nodes.all().map((node) => ({
      node,
      isWanted: matchesNode(template, node) && !untoleratedTaint(template['spec'].tolerations, node),
      pods: pods.filter((pod) => nodeOf(pod) === node.metadata.name),
    }));
  }

  private place(set: KubernetesObject, places: readonly NodePods[], hash: string): void {
    for (const { node, isWanted, pods } of places) {
      const failed = pods.filter((pod) => isPodFinished(pod) && !pod.metadata.deletionTimestamp);
      for (const pod of failed) {
        const message = `Found failed daemon pod ${keyOf(pod)} on node ${node.metadata.name}, will try to kill it`;
        this.events.record(set, { type: 'Warning', reason: 'FailedDaemonPod', message });
        this.remove(set, pod);
      }
      if (isWanted && pods.length === 0) this.create(set, node, hash);
      if (isWanted || untoleratedTaint(set['spec'].template.spec.tolerations ?? [], node, ['NoSchedule']))
        continue;
      for (const pod of pods) if (!pod.metadata.deletionTimestamp) this.remove(set, pod);
    }
  }

  /** Takes old pods away, as many as may be unavailable together; what is unavailable already goes first. */
  private roll(set: KubernetesObject, places: readonly NodePods[], hash: string): void {
    const wanted = places.filter(({ isWanted }) => isWanted);
    const most = Math.max(
      1,
      resolveRoundingUp(set['spec'].updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted.length),
    );
    const isAvailable = (pod: KubernetesObject): boolean => this.isAvailable(set, pod);
    const unavailable = wanted.filter(({ pods }) => !pods.some(isAvailable)).length;
    const old = wanted.flatMap(({ pods }) =>
      pods.filter((pod) => !pod.metadata.deletionTimestamp && pod.metadata.labels?.[REVISION_LABEL] !== hash),
    );
    for (const pod of old.filter((each) => !isAvailable(each))) this.remove(set, pod);
    for (const pod of old.filter(isAvailable).slice(0, Math.max(0, most - unavailable)))
      this.remove(set, pod);
  }

  private isAvailable(set: KubernetesObject, pod: KubernetesObject): boolean {
    const seconds = this.clock.scaled(set['spec'].minReadySeconds ?? 0);
    return !pod.metadata.deletionTimestamp && isPodAvailable(pod, seconds, this.clock.now());
  }

  private create(set: KubernetesObject, node: KubernetesObject, hash: string): void {
    const draft = podFromTemplate(set, { generateName: `${set.metadata.name}-` });
    draft.metadata['labels'] = {
      ...draft.metadata['labels'],
      [REVISION_LABEL]: hash,
      [GENERATION_LABEL]: String(set.metadata.generation ?? 1),
    };
    draft['spec'] = onNode(daemonSpec(draft['spec']), node.metadata.name);
    try {
      const pod = this.api.create('pods', draft);
      const message = `Created pod: ${pod.metadata.name}`;
      this.events.record(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      const message = `Error creating: ${error instanceof Error ? error.message : error}`;
      this.events.record(set, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  private remove(set: KubernetesObject, pod: KubernetesObject): void {
    this.api.remove('pods', pod.metadata.namespace, pod.metadata.name);
    const message = `Deleted pod: ${pod.metadata.name}`;
    this.events.record(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }

  private publish(set: KubernetesObject, places: readonly NodePods[], hash: string): void {
    const wanted = places.filter(({ isWanted }) => isWanted);
    const withPod = (test: (pod: KubernetesObject) => boolean): number =>
      wanted.filter(({ pods }) => pods.some((pod) => !pod.metadata.deletionTimestamp && test(pod))).length;
    const ready = withPod(isPodReady);
    const available = withPod((pod) => this.isAvailable(set, pod));
    const updated = withPod((pod) => pod.metadata.labels?.[REVISION_LABEL] === hash);
    const unavailable = wanted.length - available;
    const status = {
      currentNumberScheduled: withPod(() => true),
      numberMisscheduled: places.filter(({ isWanted, pods }) => !isWanted && pods.length > 0).length,
      desiredNumberScheduled: wanted.length,
      numberReady: ready,
      observedGeneration: set.metadata.generation ?? 1,
      ...(updated > 0 && { updatedNumberScheduled: updated }),
      ...(available > 0 && { numberAvailable: available }),
      ...(unavailable > 0 && { numberUnavailable: unavailable }),
    };
    const current = this.api.get('daemonsets', set.metadata.namespace, set.metadata.name);
    if (current && !isEqual(current['status'], status))
      this.api.update('daemonsets', { ...draftOf(current), status }, 'status');
    if (ready > available)
      this.queue.addAfter(keyOf(set), this.clock.scaled((set['spec'].minReadySeconds ?? 0) * 1000));
  }
}

const daemonSpec = (spec: any): Draft => ({
  ...spec,
  tolerations: [
    ...(spec.tolerations ?? []),
    ...TOLERATIONS.filter(
      ({ key, effect }) =>
        !(spec.tolerations ?? []).some((each: any) => each.key === key && each.effect === effect),
    ),
  ],
});

const nodeTerm = (name: string) => ({
  matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
});

/** Bound to the node by affinity, so that the scheduler still checks that it fits. */
function onNode(spec: any, name: string): any {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms.map((term: any) => ({ ...term, ...nodeTerm(name) })) ?? [
    nodeTerm(name),
  ];
  return {
    ...spec,
    affinity: {
      ...spec.affinity,
      nodeAffinity: {
        ...spec.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
      },
    },
  };
}

/** Where the pod is or is to be. */
function nodeOf(pod: KubernetesObject): string | undefined {
  const terms: any[] =
    pod['spec'].affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ??
    [];
  return pod['spec'].nodeName ?? terms[0]?.matchFields?.[0]?.values[0];
}
