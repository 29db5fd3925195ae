import type { Api, KubernetesObject } from '../../storage/api.js';
import { type PacedClock, timestamp } from '../clock.js';
import { draftOf, isEqual } from '../draft.js';
import { EventRecorder } from '../event-recorder.js';
import type { Taint } from '../node-matching.js';
import type { ObjectCache } from '../object-cache.js';
import { type Condition, findCondition, isPodFinished, isPodReady } from '../pod-condition.js';
import { WorkQueue } from '../work-queue.js';
import { gracePeriod, LEASE_NAMESPACE } from './heartbeat.js';

const UNKNOWN = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const PRESSURE_TAINTS: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
};
/** The taints that this controller alone puts on and takes off. */
const OWN = new Set([UNSCHEDULABLE, NOT_READY, UNREACHABLE, ...Object.values(PRESSURE_TAINTS)]);

export interface NodeLifecycleCaches {
  readonly nodes: ObjectCache;
  readonly leases: ObjectCache;
  /** Indexed by `node/<name>`. */
  readonly pods: ObjectCache;
}

/** Notices nodes whose heartbeat stopped, and turns the conditions of nodes into taints. */
export class NodeLifecycleController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;
  /** When the last heartbeat was seen: clocks of nodes are not trusted. */
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: NodeLifecycleCaches,
  ) {
    this.queue = new WorkQueue(clock, (name) => this.reconcile(name));
    this.events = new EventRecorder(api, clock, { component: 'node-controller' });
    caches.leases.subscribe(({ type, object }) => {
      const { namespace, name } = object.metadata;
      if (namespace !== LEASE_NAMESPACE || type === 'DELETED') return;
      this.seen.set(name, clock.now());
      this.queue.addAfter(name, gracePeriod(clock));
    });
    caches.nodes.subscribe(({ type, object, previous }) => {
      const { name } = object.metadata;
      if (type === 'DELETED') this.seen.delete(name);
      else if (object['spec'] !== previous?.['spec'] || object['status'] !== previous?.['status'])
        this.queue.add(name);
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(name: string): void {
    const node = this.api.get('nodes', undefined, name);
    if (!node) return;
    const seenAt = this.seen.get(name);
    const left = seenAt === undefined ? undefined : seenAt + gracePeriod(this.clock) - this.clock.now();
    if (left !== undefined && left > 0) this.queue.addAfter(name, left);
    const observed = left !== undefined && left <= 0 ? this.markUnknown(node) : node;
    this.taint(observed);
    if (findCondition(observed, 'Ready')?.status !== 'True') this.markPodsNotReady(observed);
  }

  private markUnknown(node: KubernetesObject): KubernetesObject {
    const ready = findCondition(node, 'Ready');
    if (!ready || ready.status === 'Unknown') return node;
    const now = timestamp(this.clock.now());
    const conditions: Condition[] = node['status'].conditions.map((condition: Condition) => ({
      ...condition,
      status: 'Unknown',
      lastTransitionTime: condition.status === 'Unknown' ? condition.lastTransitionTime : now,
      ...UNKNOWN,
    }));
    const draft = draftOf(node);
    draft['status'].conditions = conditions;
    const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
    this.events.record(node, { type: 'Normal', reason: 'NodeNotReady', message });
    return this.api.update('nodes', draft, 'status');
  }

  /** Pods of a node that is not ready are not served any more. */
  private markPodsNotReady(node: KubernetesObject): void {
    for (const pod of this.caches.pods.by(`node/${node.metadata.name}`)) {
      if (!isPodReady(pod) || isPodFinished(pod)) continue;
      const conditions = pod['status'].conditions.map((condition: Condition) =>
        condition.type === 'Ready'
          ? { ...condition, status: 'False', lastTransitionTime: timestamp(this.clock.now()) }
          : condition,
      );
      const draft = draftOf(pod);
      draft['status'].conditions = conditions;
      this.api.update('pods', draft, 'status');
      const message = 'Node is not ready';
      this.events.record(pod, { type: 'Warning', reason: 'NodeNotReady', message });
    }
  }

  private taint(node: KubernetesObject): void {
    const before: readonly Taint[] = node['spec']?.taints ?? [];
    const others = before.filter(({ key }) => !OWN.has(key));
    const timeAdded = timestamp(this.clock.now());
    const own = this.taintsOf(node).map(
      (wanted): Taint =>
        before.find(({ key, effect }) => key === wanted.key && effect === wanted.effect) ?? {
          ...wanted,
          timeAdded,
        },
    );
    const taints = [...others, ...own];
    if (isEqual(taints, before)) return;
    const draft = draftOf(node);
    const { taints: _, ...spec } = node['spec'] ?? {};
    draft['spec'] = taints.length > 0 ? { ...spec, taints } : spec;
    this.api.update('nodes', draft);
  }

  private taintsOf(node: KubernetesObject): Taint[] {
    const status = findCondition(node, 'Ready')?.status;
    const key = status === 'Unknown' ? UNREACHABLE : status === 'False' ? NOT_READY : undefined;
    const pressed = Object.entries(PRESSURE_TAINTS).filter(
      ([type]) => findCondition(node, type)?.status === 'True',
    );
    return [
      ...(node['spec']?.unschedulable ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule' }] : []),
      ...pressed.map(([, taint]) => ({ key: taint, effect: 'NoSchedule' })),
      ...(key
        ? [
            { key, effect: 'NoSchedule' },
            { key, effect: 'NoExecute' },
          ]
        : []),
    ];
  }
}
