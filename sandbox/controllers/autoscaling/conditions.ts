import type { KubernetesObject } from '../../storage/api.js';
import { type Clock, timestamp } from '../clock.js';
import type { Condition } from '../pod-condition.js';

export type ConditionContent = readonly [status: 'True' | 'False', reason: string, message: string];

/** The conditions of one autoscaler while it is reconciled; those that are not set stay as they were. */
export class AutoscalerConditions {
  private readonly conditions: Condition[];

  constructor(
    autoscaler: KubernetesObject,
    private readonly clock: Clock,
  ) {
    this.conditions = [...(autoscaler['status']?.conditions ?? [])];
  }

  set(type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited', ...content: ConditionContent): void {
    const [status, reason, message] = content;
    const index = this.conditions.findIndex((condition) => condition.type === type);
    const before = this.conditions[index];
    const lastTransitionTime =
      (before?.status === status && before.lastTransitionTime) || timestamp(this.clock.now());
    const next = { type, status, lastTransitionTime, reason, message };
    if (index < 0) this.conditions.push(next);
    else this.conditions[index] = next;
  }

  all(): readonly Condition[] {
    return this.conditions;
  }
}
