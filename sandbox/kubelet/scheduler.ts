import { type PacedClock, timestamp } from '../controllers/clock.js';
import { draftOf } from '../controllers/draft.js';
import { SeriesRecorder } from '../controllers/event-recorder.js';
import { keyOf, ObjectCache } from '../controllers/object-cache.js';
import { type Condition, findCondition, isPodFinished } from '../controllers/pod-condition.js';
import { WorkQueue } from '../controllers/work-queue.js';
import type { Api, Draft, KubernetesObject, StoreEvent } from '../storage/api.js';
import { annotatedFault } from './faults.js';
import { NodeUsage } from './node-usage.js';
import { type ClusterView, podChecks } from './scheduler-affinity.js';
import { misfits } from './scheduler-fit.js';
import { type Misfit, unschedulableMessage } from './scheduler-message.js';
import { scorer } from './scheduler-score.js';
import { SchedulerVolumes } from './scheduler-volumes.js';

const REACTION_MS = 10;
const UNSCHEDULED = 'unscheduled';
const GUARDED = 'guarded';

const INJECTED: Misfit = { reason: "node(s) didn't match Pod's node affinity/selector", fixed: true };

/** Gives pods nodes as kube-scheduler does, higher priorities first but without preemption; says why where it cannot. */
export class Scheduler {
  private readonly queue: WorkQueue;
  private readonly events: SeriesRecorder;
  private readonly pods: ObjectCache;
  private readonly nodes: ObjectCache;
  private readonly volumes: SchedulerVolumes;
  private readonly usage = new NodeUsage();
  private readonly view: Omit<ClusterView, 'nodes'>;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key), clock.scaled(REACTION_MS));
    this.events = new SeriesRecorder(api, clock, 'default-scheduler', 'default-scheduler-sandbox');
    this.pods = new ObjectCache(api, 'pods', podIndex);
    this.nodes = new ObjectCache(api, 'nodes');
    this.view = {
      nodeOf: (pod) => this.nodes.get(pod['spec'].nodeName ?? ''),
      podsIn: (namespace) => this.pods.by(`namespace/${namespace}`),
      guardedPods: () => this.pods.by(GUARDED),
    };
    this.volumes = new SchedulerVolumes(api, () => this.enqueueWaiting());
    this.pods.subscribe((event) => this.noticePod(event));
    this.nodes.subscribe(({ object, previous }) => {
      const isSame =
        object['spec'] === previous?.['spec'] && object.metadata.labels === previous?.metadata.labels;
      if (!isSame) this.enqueueWaiting();
    });
  }

  dispose(): void {
    this.queue.dispose();
    for (const part of [this.pods, this.nodes, this.volumes]) part.dispose();
  }

  private noticePod(event: StoreEvent): void {
    this.usage.apply(event);
    const { type, object, previous } = event;
    if (type === 'DELETED' || (previous && isPodFinished(object) && !isPodFinished(previous)))
      this.enqueueWaiting();
    else if (!object['spec'].nodeName) this.queue.add(keyOf(object));
  }

  private enqueueWaiting(): void {
    const waiting = this.pods.by(UNSCHEDULED);
    const priority = (pod: KubernetesObject): number => pod['spec'].priority ?? 0;
    for (const pod of waiting.sort((a, b) => priority(b) - priority(a))) this.queue.add(keyOf(pod));
  }

  private reconcile(key: string): void {
    const pod = this.pods.get(key);
    if (!pod || pod['spec'].nodeName || pod['spec'].schedulingGates?.length > 0) return;
    const { namespace, name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp) {
      this.api.remove('pods', namespace, name, { gracePeriodSeconds: 0 });
      return;
    }
    const nodes = this.nodes.all();
    const blocked = this.volumes.blocking(pod);
    if (blocked) {
      this.refuse(pod, `0/${nodes.length} nodes are available: ${blocked}. not found`);
      return;
    }
    const view = { ...this.view, nodes };
    const against = this.filter(pod, view);
    const fitting = nodes.filter((_, index) => against[index]?.length === 0);
    const best = this.choose(pod, fitting, view);
    if (!best) this.refuse(pod, unschedulableMessage(against, pod['spec'].preemptionPolicy));
    else if (this.volumes.bind(pod, best)) this.bind(pod, best);
  }

  /** For each node what is against it; the first check that objects speaks for the node. */
  private filter(pod: KubernetesObject, view: ClusterView): Misfit[][] {
    if (annotatedFault(pod) === 'unschedulable') return view.nodes.map(() => [INJECTED]);
    const checks = podChecks(pod, view);
    return view.nodes.map((node) => {
      const own = misfits(pod, node, this.usage.of(node.metadata.name));
      if (own.length > 0) return own;
      const volume = this.volumes.misfit(pod, node);
      if (volume) return [volume];
      for (const check of checks) {
        const misfit = check(node);
        if (misfit) return [misfit];
      }
      return [];
    });
  }

  private choose(
    pod: KubernetesObject,
    fitting: readonly KubernetesObject[],
    view: ClusterView,
  ): KubernetesObject | undefined {
    if (fitting.length < 2) return fitting[0];
    const score = scorer(pod, view, this.usage);
    let best: { node: KubernetesObject; score: number } | undefined;
    for (const node of fitting) {
      const value = score(node);
      if (!best || value < best.score) best = { node, score: value };
    }
    return best?.node;
  }

  private bind(pod: KubernetesObject, node: KubernetesObject): void {
    const { namespace, name } = pod.metadata;
    const draft = this.withCondition(pod, { status: 'True' });
    draft['spec'].nodeName = node.metadata.name;
    this.api.update('pods', draft, 'binding');
    const message = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`;
    this.events.record(pod, { type: 'Normal', reason: 'Scheduled', message, action: 'Binding' });
  }

  private refuse(pod: KubernetesObject, message: string): void {
    if (findCondition(pod, 'PodScheduled')?.['message'] === message) return;
    const draft = this.withCondition(pod, { status: 'False', reason: 'Unschedulable', message });
    this.api.update('pods', draft, 'status');
    this.events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message, action: 'Scheduling' });
  }

  private withCondition(
    pod: KubernetesObject,
    next: { status: string; reason?: string; message?: string },
  ): Draft {
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
    return draft;
  }
}

function podIndex({ metadata, spec }: KubernetesObject): string[] {
  const isGuarding = spec.affinity?.podAntiAffinity !== undefined;
  return [
    `namespace/${metadata.namespace}`,
    ...(spec.nodeName ? (isGuarding ? [GUARDED] : []) : [UNSCHEDULED]),
  ];
}
