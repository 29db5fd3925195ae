import { type Api, ApiError, type KubernetesObject } from '../storage/api.js';
import { type Clock, type TimerHandle, timestamp } from './clock.js';
import { draftOf, isEqual } from './draft.js';
import { EventRecorder } from './event-recorder.js';
import type { ObjectCache } from './object-cache.js';
import { findCondition } from './pod-condition.js';

const PERIOD_MS = 15_000;
const TARGETS: Record<string, string> = {
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
};
const NO_METRICS =
  'unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';

/**
 * HorizontalPodAutoscalers in a cluster without resource metrics: the bounds are enforced, and the conditions say
 * that a replica count cannot be computed.
 */
export class AutoscalerController {
  private readonly events: EventRecorder;
  private timer: TimerHandle;

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly autoscalers: ObjectCache,
  ) {
    this.events = new EventRecorder(api, clock, { component: 'horizontal-pod-autoscaler' });
    this.schedule();
  }

  dispose(): void {
    this.clock.clear(this.timer);
  }

  private schedule(): void {
    this.timer = this.clock.setTimeout(() => {
      for (const autoscaler of this.autoscalers.all()) this.attempt(autoscaler);
      this.schedule();
    }, PERIOD_MS);
  }

  private attempt(autoscaler: KubernetesObject): void {
    try {
      this.reconcile(autoscaler);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  private reconcile(autoscaler: KubernetesObject): void {
    const { kind, name } = autoscaler['spec'].scaleTargetRef;
    const resource = TARGETS[kind];
    const target = resource && this.api.get(resource, autoscaler.metadata.namespace, name);
    if (!resource || !target) {
      this.reportMissing(autoscaler, `${resource ?? kind}.apps "${name}" not found`);
      return;
    }

    const { minReplicas = 1, maxReplicas } = autoscaler['spec'];
    const size: number = target['spec'].replicas;
    const gotScale = {
      status: 'True',
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    };
    if (size === 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      this.publish(autoscaler, { desiredReplicas: 0, currentMetrics: null }, gotScale, {
        status: 'False',
        reason: 'ScalingDisabled',
        message,
      });
      return;
    }
    const unmeasured = this.reportNoMetrics(autoscaler);
    const bounded = Math.min(Math.max(size, minReplicas), maxReplicas);
    if (bounded === size) {
      const counts = { currentReplicas: size, desiredReplicas: 0, currentMetrics: [{ type: '' }] };
      this.publish(autoscaler, counts, gotScale, unmeasured);
      return;
    }
    const draft = draftOf(target);
    draft['spec'].replicas = bounded;
    this.api.update(resource, draft);
    const limit = bounded === maxReplicas ? 'above Spec.MaxReplicas' : 'below Spec.MinReplicas';
    const reason = `Current number of replicas ${limit}`;
    this.events.record(autoscaler, {
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: `New size: ${bounded}; reason: ${reason}`,
    });
    const counts = {
      lastScaleTime: timestamp(this.clock.now()),
      currentReplicas: size,
      desiredReplicas: bounded,
      currentMetrics: null,
    };
    const message = `the HPA controller was able to update the target scale to ${bounded}`;
    this.publish(autoscaler, counts, { status: 'True', reason: 'SucceededRescale', message }, unmeasured);
  }

  private reportMissing(autoscaler: KubernetesObject, text: string): void {
    this.events.record(autoscaler, { type: 'Warning', reason: 'FailedGetScale', message: text });
    const message = `the HPA controller was unable to get the target's current scale: ${text}`;
    const able = { status: 'False', reason: 'FailedGetScale', message };
    this.publish(autoscaler, { desiredReplicas: 0, currentMetrics: null }, able);
  }

  private reportNoMetrics(autoscaler: KubernetesObject): ConditionDraft {
    const first = autoscaler['spec'].metrics?.[0];
    const name: string = first?.resource?.name ?? 'cpu';
    const kind = first?.resource?.target?.type === 'Utilization' ? 'utilization' : 'usage';
    const text = `failed to get ${name} ${kind}: unable to get metrics for resource ${name}: ${NO_METRICS}`;
    this.events.record(autoscaler, { type: 'Warning', reason: 'FailedGetResourceMetric', message: text });
    const summary = `invalid metrics (1 invalid out of 1), first error is: failed to get ${name} resource metric value: ${text}`;
    this.events.record(autoscaler, {
      type: 'Warning',
      reason: 'FailedComputeMetricsReplicas',
      message: summary,
    });
    return {
      status: 'False',
      reason: 'FailedGetResourceMetric',
      message: `the HPA was unable to compute the replica count: ${text}`,
    };
  }

  private publish(
    autoscaler: KubernetesObject,
    counts: Record<string, unknown>,
    able: ConditionDraft,
    active?: ConditionDraft,
  ): void {
    const condition = (type: string, next: ConditionDraft) => {
      const before = findCondition(autoscaler, type);
      const lastTransitionTime =
        (before?.status === next.status && before.lastTransitionTime) || timestamp(this.clock.now());
      return { type, status: next.status, lastTransitionTime, reason: next.reason, message: next.message };
    };
    const { lastScaleTime } = autoscaler['status'] ?? {};
    const status = {
      ...(lastScaleTime && { lastScaleTime }),
      ...counts,
      conditions: [condition('AbleToScale', able), ...(active ? [condition('ScalingActive', active)] : [])],
    };
    if (isEqual(autoscaler['status'], status)) return;
    this.api.update('horizontalpodautoscalers', { ...draftOf(autoscaler), status }, 'status');
  }
}

interface ConditionDraft {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
