import type { Api, KubernetesObject } from '../../storage/api.js';
import { type PacedClock, timestamp } from '../clock.js';
import { draftOf } from '../draft.js';
import { EventRecorder } from '../event-recorder.js';
import { type Taint, tolerationOf } from '../node-matching.js';
import { keyOf, type ObjectCache, splitKey } from '../object-cache.js';
import { type Condition, isPodActive } from '../pod-condition.js';
import { WorkQueue } from '../work-queue.js';

export interface TaintEvictionCaches {
  readonly nodes: ObjectCache;
  /** Indexed by `node/<name>`. */
  readonly pods: ObjectCache;
}

const noExecuteTaints = (node: KubernetesObject | undefined): Taint[] =>
  (node?.['spec']?.taints ?? []).filter(({ effect }: Taint) => effect === 'NoExecute');

/** Deletes pods from nodes with NoExecute taints: at once, or when their toleration has run out. */
export class TaintEvictionController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: TaintEvictionCaches,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    this.events = new EventRecorder(api, clock, { component: 'taint-eviction-controller' });
    caches.nodes.subscribe(({ type, object }) => {
      if (type === 'DELETED' || noExecuteTaints(object).length === 0) return;
      for (const pod of caches.pods.by(`node/${object.metadata.name}`)) this.queue.add(keyOf(pod));
    });
    caches.pods.subscribe(({ type, object, previous }) => {
      const node = object['spec'].nodeName;
      if (type === 'DELETED' || !node || previous?.['spec'].nodeName === node) return;
      if (noExecuteTaints(caches.nodes.get(node)).length > 0) this.queue.add(keyOf(object));
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const pod = this.api.get('pods', namespace, name);
    if (!pod || !isPodActive(pod)) return;
    const taints = noExecuteTaints(this.caches.nodes.get(pod['spec'].nodeName));
    if (taints.length === 0) return;
    const left = Math.min(...taints.map((taint) => this.timeLeft(pod, taint)));
    if (left <= 0) this.evict(pod);
    else if (left < Number.POSITIVE_INFINITY) this.queue.addAfter(key, left);
  }

  private timeLeft(pod: KubernetesObject, taint: Taint): number {
    const toleration = tolerationOf(pod['spec'].tolerations ?? [], taint);
    if (!toleration) return 0;
    if (toleration.tolerationSeconds === undefined) return Number.POSITIVE_INFINITY;
    const since = Date.parse(taint.timeAdded ?? '') || this.clock.now();
    return since + this.clock.scaled(toleration.tolerationSeconds * 1000) - this.clock.now();
  }

  private evict(pod: KubernetesObject): void {
    const message = `Marking for deletion Pod ${keyOf(pod)}`;
    this.events.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message });
    this.api.update('pods', withDisruption(pod, DELETION, this.clock), 'status');
    this.api.remove('pods', pod.metadata.namespace, pod.metadata.name);
  }
}

const DELETION = {
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
};

/** The pod with the condition that says why it is taken away. */
export function withDisruption(
  pod: KubernetesObject,
  why: { readonly reason: string; readonly message: string },
  clock: PacedClock,
) {
  const draft = draftOf(pod);
  const others = (pod['status']?.conditions ?? []).filter(
    ({ type }: Condition) => type !== 'DisruptionTarget',
  );
  const condition = {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata.generation ?? 1,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(clock.now()),
    ...why,
  };
  draft['status'] = { ...draft['status'], conditions: [...others, condition] };
  return draft;
}
