import { type Api, ApiError, type KubernetesObject } from '../../storage/api.js';
import { matchesLabelSelector } from '../../storage/label-selector.js';
import type { UsageSource } from '../../storage/runtime.js';
import { type PacedClock, timestamp } from '../clock.js';
import { draftOf, isEqual } from '../draft.js';
import { EventRecorder } from '../event-recorder.js';
import { keyOf, type ObjectCache, splitKey } from '../object-cache.js';
import { WorkQueue } from '../work-queue.js';
import { AutoscalerConditions } from './conditions.js';
import { computeReplicas, type MetricStatus } from './metric-replicas.js';
import { PodMetrics } from './pod-metrics.js';
import { ScalingHistory } from './scaling-history.js';
import { limitReplicas } from './scaling-limits.js';

const PERIOD_MS = 15_000;
const TARGETS: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
};

export interface AutoscalerCaches {
  readonly autoscalers: ObjectCache;
  /** Indexed by `namespace/<name>`. */
  readonly pods: ObjectCache;
}

interface Outcome {
  readonly currentReplicas?: number;
  readonly desiredReplicas: number;
  readonly currentMetrics: readonly MetricStatus[] | null;
  readonly isRescaled?: boolean;
}

/**
 * HorizontalPodAutoscalers, every 15 s each, by the algorithm of Kubernetes' own controller. Without a source of
 * usage it is a cluster without metrics-server: bounds are enforced, and the conditions say what is missing.
 */
export class AutoscalerController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;
  private readonly histories = new Map<string, ScalingHistory>();
  private readonly metrics: PodMetrics;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: AutoscalerCaches,
    usage: UsageSource | undefined,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.attempt(key));
    this.events = new EventRecorder(api, clock, { component: 'horizontal-pod-autoscaler' });
    this.metrics = new PodMetrics(clock, usage);
    caches.autoscalers.subscribe(({ type, object }) => {
      if (type === 'ADDED') this.queue.addAfter(keyOf(object), clock.scaled(PERIOD_MS));
      if (type === 'DELETED') this.histories.delete(object.metadata.uid);
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private attempt(key: string): void {
    const { namespace, name } = splitKey(key);
    const autoscaler = this.api.get('horizontalpodautoscalers', namespace, name);
    if (!autoscaler) return;
    this.queue.addAfter(key, this.clock.scaled(PERIOD_MS));
    try {
      this.reconcile(autoscaler);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  private reconcile(autoscaler: KubernetesObject): void {
    const conditions = new AutoscalerConditions(autoscaler, this.clock);
    const { kind, name } = autoscaler['spec'].scaleTargetRef;
    const resource = TARGETS[kind];
    const target = resource ? this.api.get(resource, autoscaler.metadata.namespace, name) : undefined;
    if (!resource || !target) {
      this.reportMissing(autoscaler, conditions, `${resource ?? kind}.apps "${name}" not found`);
      return;
    }
    conditions.set(
      'AbleToScale',
      'True',
      'SucceededGetScale',
      "the HPA controller was able to get the target's current scale",
    );
    const current: number = target['spec'].replicas;
    const history = this.historyOf(autoscaler, current);
    const decision = this.decide(autoscaler, target, conditions, history);
    if (!decision) return;
    const { desired, reason, metrics } = decision;
    if (desired === current) {
      this.publish(autoscaler, conditions, {
        currentReplicas: current,
        desiredReplicas: desired,
        currentMetrics: metrics,
      });
      return;
    }
    this.rescale(autoscaler, conditions, { resource, target, desired, reason });
    history.recordChange(desired - current);
    this.publish(autoscaler, conditions, {
      currentReplicas: current,
      desiredReplicas: desired,
      currentMetrics: metrics,
      isRescaled: true,
    });
  }

  /** Undefined when nothing can be decided; then the status says why. */
  private decide(
    autoscaler: KubernetesObject,
    target: KubernetesObject,
    conditions: AutoscalerConditions,
    history: ScalingHistory,
  ): { desired: number; reason: string; metrics: readonly MetricStatus[] | null } | undefined {
    const { minReplicas = 1, maxReplicas } = autoscaler['spec'];
    const current: number = target['spec'].replicas;
    if (current === 0 && minReplicas !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      conditions.set('ScalingActive', 'False', 'ScalingDisabled', message);
      return { desired: 0, reason: '', metrics: null };
    }
    if (current > maxReplicas)
      return {
        desired: maxReplicas,
        reason: 'Current number of replicas above Spec.MaxReplicas',
        metrics: null,
      };
    if (current < minReplicas)
      return {
        desired: minReplicas,
        reason: 'Current number of replicas below Spec.MinReplicas',
        metrics: null,
      };
    const pods = this.podsOf(target);
    const computed = computeReplicas(autoscaler, current, pods, this.metrics, (reason, message) =>
      this.events.record(autoscaler, { type: 'Warning', reason, message }),
    );
    conditions.set('ScalingActive', ...computed.active);
    if (computed.replicas === undefined) {
      this.publish(autoscaler, conditions, {
        currentReplicas: current,
        desiredReplicas: autoscaler['status']?.desiredReplicas ?? 0,
        currentMetrics: computed.statuses,
      });
      const message = computed.error ?? '';
      this.events.record(autoscaler, { type: 'Warning', reason: 'FailedComputeMetricsReplicas', message });
      return undefined;
    }
    const desired = limitReplicas(autoscaler, current, computed.replicas, history, conditions);
    const above = `${computed.metric} above target`;
    const reason = computed.replicas > current ? above : 'All metrics below target';
    return { desired, reason, metrics: computed.statuses };
  }

  private rescale(
    autoscaler: KubernetesObject,
    conditions: AutoscalerConditions,
    to: { resource: string; target: KubernetesObject; desired: number; reason: string },
  ): void {
    const { resource, target, desired, reason } = to;
    const draft = draftOf(target);
    draft['spec'].replicas = desired;
    try {
      this.api.update(resource, draft);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const message = `New size: ${desired}; reason: ${reason}; error: ${text}`;
      this.events.record(autoscaler, { type: 'Warning', reason: 'FailedRescale', message });
      conditions.set(
        'AbleToScale',
        'False',
        'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${text}`,
      );
      this.publish(autoscaler, conditions, {
        currentReplicas: target['spec'].replicas,
        desiredReplicas: autoscaler['status']?.desiredReplicas ?? 0,
        currentMetrics: autoscaler['status']?.currentMetrics ?? null,
      });
      throw error;
    }
    conditions.set(
      'AbleToScale',
      'True',
      'SucceededRescale',
      `the HPA controller was able to update the target scale to ${desired}`,
    );
    const message = `New size: ${desired}; reason: ${reason}`;
    this.events.record(autoscaler, { type: 'Normal', reason: 'SuccessfulRescale', message });
  }

  private podsOf(target: KubernetesObject): KubernetesObject[] {
    return this.caches.pods
      .by(`namespace/${target.metadata.namespace}`)
      .filter((pod) => matchesSelectorOf(target, pod));
  }

  private historyOf({ metadata }: KubernetesObject, current: number): ScalingHistory {
    let history = this.histories.get(metadata.uid);
    if (!history) {
      history = new ScalingHistory(this.clock, current);
      this.histories.set(metadata.uid, history);
    }
    return history;
  }

  private reportMissing(autoscaler: KubernetesObject, conditions: AutoscalerConditions, text: string): void {
    this.events.record(autoscaler, { type: 'Warning', reason: 'FailedGetScale', message: text });
    const message = `the HPA controller was unable to get the target's current scale: ${text}`;
    conditions.set('AbleToScale', 'False', 'FailedGetScale', message);
    const { currentReplicas, desiredReplicas = 0, currentMetrics = null } = autoscaler['status'] ?? {};
    this.publish(autoscaler, conditions, { currentReplicas, desiredReplicas, currentMetrics });
  }

  private publish(
    autoscaler: KubernetesObject,
    conditions: AutoscalerConditions,
    { isRescaled, currentReplicas, ...counts }: Outcome,
  ): void {
    const { lastScaleTime } = autoscaler['status'] ?? {};
    const scaledAt = isRescaled ? timestamp(this.clock.now()) : lastScaleTime;
    const status = {
      ...(scaledAt && { lastScaleTime: scaledAt }),
      ...(currentReplicas && { currentReplicas }),
      ...counts,
      conditions: conditions.all(),
    };
    if (isEqual(autoscaler['status'], status)) return;
    this.api.update('horizontalpodautoscalers', { ...draftOf(autoscaler), status }, 'status');
  }
}

const matchesSelectorOf = (target: KubernetesObject, pod: KubernetesObject): boolean =>
  matchesLabelSelector(pod.metadata.labels, target['spec'].selector);
