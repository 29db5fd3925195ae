import type { PacedClock, TimerHandle } from '../controllers/clock.js';
import type { ObjectCache } from '../controllers/object-cache.js';
import { isPodActive } from '../controllers/pod-condition.js';
import type { KubernetesObject } from '../storage/api.js';
import type { UsageSource } from '../storage/runtime.js';
import type { NodeFault } from './faults.js';
import type { Eviction } from './pod-status.js';
import { podRequests } from './scheduler-fit.js';

/** The kubelet looks so often whether the eviction of one pod was enough. */
const PERIOD_MS = 10_000;
const CRITICAL_PRIORITY = 2_000_000_000;

/** Evicts pods from nodes under pressure, one after the other: those above their requests, by priority and excess. */
export class NodePressure {
  private readonly timers = new Map<string, TimerHandle>();

  constructor(
    private readonly clock: PacedClock,
    /** Indexed by `node/<name>`. */
    private readonly pods: ObjectCache,
    private readonly usage: UsageSource,
    private readonly evict: (pod: KubernetesObject, eviction: Eviction) => void,
  ) {}

  update(node: string, faults: ReadonlySet<NodeFault>): void {
    const isPressed = !faults.has('lost') && (faults.has('memory-pressure') || faults.has('disk-pressure'));
    if (isPressed === this.timers.has(node)) return;
    if (!isPressed) {
      this.clock.clear(this.timers.get(node));
      this.timers.delete(node);
      return;
    }
    this.plan(node, faults.has('memory-pressure') ? 'memory' : 'ephemeral-storage');
  }

  dispose(): void {
    for (const timer of this.timers.values()) this.clock.clear(timer);
    this.timers.clear();
  }

  private plan(node: string, resource: 'memory' | 'ephemeral-storage'): void {
    const timer = this.clock.setTimeout(() => {
      this.relieve(node, resource);
      this.plan(node, resource);
    }, this.clock.scaled(PERIOD_MS));
    this.timers.set(node, timer);
  }

  private relieve(node: string, resource: 'memory' | 'ephemeral-storage'): void {
    const [victim] = this.pods
      .by(`node/${node}`)
      .filter((pod) => isPodActive(pod) && (pod['spec'].priority ?? 0) < CRITICAL_PRIORITY)
      .map((pod) => ({ pod, used: this.usedMemory(pod), requested: podRequests(pod).memory }))
      .filter(({ used, requested }) => used > requested)
      .sort(
        (a, b) =>
          (a.pod['spec'].priority ?? 0) - (b.pod['spec'].priority ?? 0) ||
          b.used - b.requested - (a.used - a.requested) ||
          a.pod.metadata.name.localeCompare(b.pod.metadata.name),
      );
    if (!victim) return;
    const detail = resource === 'memory' ? this.detail(victim.pod) : '';
    const threshold = resource === 'memory' ? '100Mi, available: 61208Ki' : '10%, available: 7%';
    const message = `The node was low on resource: ${resource}. Threshold quantity: ${threshold}. ${detail}`;
    this.evict(victim.pod, { reason: 'Evicted', message });
  }

  private usedMemory(pod: KubernetesObject): number {
    return this.usage.ofPod(pod).reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  }

  private detail(pod: KubernetesObject): string {
    return this.usage
      .ofPod(pod)
      .map(({ name, memoryBytes }) => {
        const request =
          pod['spec'].containers.find((container: any) => container.name === name)?.resources?.requests
            ?.memory ?? '0';
        return `Container ${name} was using ${Math.round(memoryBytes / 1024)}Ki, request is ${request}, has larger consumption of memory. `;
      })
      .join('');
  }
}
