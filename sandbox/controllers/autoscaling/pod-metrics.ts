import type { KubernetesObject } from '../../storage/api.js';
import type { UsageSource } from '../../storage/runtime.js';
import type { PacedClock } from '../clock.js';
import { findCondition } from '../pod-condition.js';

/** metrics-server has measured a container twice only some time after its start. */
const FIRST_MEASURE_MS = 15_000;
const CPU_INITIALIZATION_MS = 300_000;
const INITIAL_READINESS_MS = 30_000;
const NOT_SERVED =
  'unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';

export type ResourceName = 'cpu' | 'memory' | string;

/** Pods by what their measure is worth; values in millicores or bytes. */
export interface GroupedPods {
  readonly measured: ReadonlyMap<KubernetesObject, number>;
  readonly ready: number;
  readonly unready: readonly KubernetesObject[];
  readonly missing: readonly KubernetesObject[];
}

/** What the resource metrics API would answer about pods. Throws with the words of the HPA's client. */
export class PodMetrics {
  constructor(
    private readonly clock: PacedClock,
    private readonly usage: UsageSource | undefined,
  ) {}

  /** As the replica calculator's groupPods: deleted and failed ones are ignored, young ones are unready for CPU. */
  group(
    pods: readonly KubernetesObject[],
    resource: ResourceName,
    container: string | undefined,
  ): GroupedPods {
    const values = this.read(pods, resource, container);
    const measured = new Map<KubernetesObject, number>();
    const unready: KubernetesObject[] = [];
    const missing: KubernetesObject[] = [];
    for (const pod of pods) {
      const phase = pod['status']?.phase;
      if (pod.metadata.deletionTimestamp !== undefined || phase === 'Failed') continue;
      const value = values.get(pod);
      if (phase === 'Pending') unready.push(pod);
      else if (value === undefined) missing.push(pod);
      else if (resource === 'cpu' && this.isUnready(pod)) unready.push(pod);
      else measured.set(pod, value);
    }
    if (measured.size === 0)
      throw new Error('did not receive metrics for targeted pods (pods might be unready)');
    return { measured, ready: measured.size, unready, missing };
  }

  private read(
    pods: readonly KubernetesObject[],
    resource: ResourceName,
    container: string | undefined,
  ): Map<KubernetesObject, number> {
    const failure = (text: string) => new Error(`unable to get metrics for resource ${resource}: ${text}`);
    if (!this.usage) throw failure(NOT_SERVED);
    const values = new Map<KubernetesObject, number>();
    for (const pod of pods) {
      const value = this.valueOf(pod, resource, container);
      if (value !== undefined) values.set(pod, value);
    }
    if (values.size === 0) throw failure('no metrics returned from resource metrics API');
    return values;
  }

  private valueOf(
    pod: KubernetesObject,
    resource: ResourceName,
    container: string | undefined,
  ): number | undefined {
    const statuses: any[] = pod['status']?.containerStatuses ?? [];
    const youngest = Math.max(...statuses.map(({ state }) => Date.parse(state?.running?.startedAt ?? '')));
    // NaN, when a container does not run, is never old enough.
    if (!(this.clock.now() - youngest >= this.clock.scaled(FIRST_MEASURE_MS))) return undefined;
    const used = (this.usage?.ofPod(pod) ?? []).filter(({ name }) => !container || name === container);
    if (used.length === 0) return undefined;
    if (resource === 'cpu') return used.reduce((sum, { cpuNanocores }) => sum + cpuNanocores / 1e6, 0);
    if (resource === 'memory') return used.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    return undefined;
  }

  private isUnready(pod: KubernetesObject): boolean {
    const ready = findCondition(pod, 'Ready');
    const startTime = Date.parse(pod['status']?.startTime ?? '');
    if (!ready || Number.isNaN(startTime)) return true;
    const changedAt = Date.parse(ready.lastTransitionTime ?? '');
    const isFalse = ready.status === 'False';
    if (startTime + this.clock.scaled(CPU_INITIALIZATION_MS) > this.clock.now())
      return isFalse || this.clock.now() < changedAt + this.clock.scaled(FIRST_MEASURE_MS);
    return isFalse && startTime + this.clock.scaled(INITIAL_READINESS_MS) > changedAt;
  }
}
