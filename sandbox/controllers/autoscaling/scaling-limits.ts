import type { KubernetesObject } from '../../storage/api.js';
import type { AutoscalerConditions } from './conditions.js';
import type { ScalingHistory } from './scaling-history.js';

const DOWNSCALE_STABILIZATION_SECONDS = 300;
const SCALE_UP_FACTOR = 2;
const SCALE_UP_MINIMUM = 4;

type Limit = readonly [replicas: number, reason: string, message: string];

const inRange = (replicas: number): Limit => [
  replicas,
  'DesiredWithinRange',
  'the desired count is within the acceptable range',
];
const tooMany = (replicas: number): Limit => [
  replicas,
  'TooManyReplicas',
  'the desired replica count is more than the maximum replica count',
];
const tooFew = (replicas: number): Limit => [
  replicas,
  'TooFewReplicas',
  'the desired replica count is less than the minimum replica count',
];
const tooFastUp = (replicas: number): Limit => [
  replicas,
  'ScaleUpLimit',
  'the desired replica count is increasing faster than the maximum scale rate',
];
const tooFastDown = (replicas: number): Limit => [
  replicas,
  'ScaleDownLimit',
  'the desired replica count is decreasing faster than the maximum scale rate',
];

/** What of a recommendation may be done now: stabilised, at the allowed rate, within the bounds; says so in conditions. */
export function limitReplicas(
  autoscaler: KubernetesObject,
  current: number,
  recommended: number,
  history: ScalingHistory,
  conditions: AutoscalerConditions,
): number {
  const { behavior } = autoscaler['spec'];
  const stabilized = behavior
    ? stabilizeByBehavior(behavior, current, recommended, history)
    : stabilize(recommended, history);
  history.recommend(recommended);
  if (stabilized === recommended)
    conditions.set('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
  else if (stabilized > recommended)
    conditions.set(
      'AbleToScale',
      'True',
      'ScaleDownStabilized',
      'recent recommendations were higher than current one, applying the highest recent recommendation',
    );
  else
    conditions.set(
      'AbleToScale',
      'True',
      'ScaleUpStabilized',
      'recent recommendations were lower than current one, applying the lowest recent recommendation',
    );
  const [desired, reason, message] = behavior
    ? limitByBehavior(autoscaler, current, stabilized, history)
    : limitByRules(autoscaler, current, stabilized);
  conditions.set('ScalingLimited', reason === 'DesiredWithinRange' ? 'False' : 'True', reason, message);
  return desired;
}

const stabilize = (recommended: number, history: ScalingHistory): number =>
  Math.max(recommended, ...history.recommendationsOf(DOWNSCALE_STABILIZATION_SECONDS * 1000));

function stabilizeByBehavior(
  { scaleUp, scaleDown }: any,
  current: number,
  recommended: number,
  history: ScalingHistory,
): number {
  const upWindow: number = scaleUp?.stabilizationWindowSeconds ?? 0;
  const downWindow: number = scaleDown?.stabilizationWindowSeconds ?? DOWNSCALE_STABILIZATION_SECONDS;
  const lowest = Math.min(recommended, ...history.recommendationsOf(upWindow * 1000));
  const highest = Math.max(recommended, ...history.recommendationsOf(downWindow * 1000));
  return Math.min(Math.max(current, lowest), highest);
}

function limitByRules({ spec }: KubernetesObject, current: number, desired: number): Limit {
  const { minReplicas = 1, maxReplicas } = spec;
  const fastest = Math.max(SCALE_UP_FACTOR * current, SCALE_UP_MINIMUM);
  if (desired < minReplicas) return tooFew(minReplicas);
  if (desired > Math.min(fastest, maxReplicas))
    return maxReplicas > fastest ? tooFastUp(fastest) : tooMany(maxReplicas);
  return inRange(desired);
}

function limitByBehavior(
  { spec }: KubernetesObject,
  current: number,
  desired: number,
  history: ScalingHistory,
): Limit {
  const { minReplicas = 1, maxReplicas, behavior } = spec;
  if (desired > current) {
    const fastest = Math.max(current, upLimit(behavior.scaleUp, current, history));
    if (desired <= Math.min(fastest, maxReplicas)) return inRange(desired);
    return maxReplicas > fastest ? tooFastUp(fastest) : tooMany(maxReplicas);
  }
  if (desired < current) {
    const fastest = Math.min(current, downLimit(behavior.scaleDown, current, history));
    if (desired >= Math.max(fastest, minReplicas)) return inRange(desired);
    return minReplicas < fastest ? tooFastDown(fastest) : tooFew(minReplicas);
  }
  return inRange(desired);
}

function upLimit(rules: any, current: number, history: ScalingHistory): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits: number[] = rules.policies.map(({ type, value, periodSeconds }: any) => {
    const { added, removed } = history.changesOf(periodSeconds * 1000);
    const atStart = current - added + removed;
    return type === 'Pods' ? atStart + value : Math.ceil(atStart * (1 + value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits);
}

function downLimit(rules: any, current: number, history: ScalingHistory): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits: number[] = rules.policies.map(({ type, value, periodSeconds }: any) => {
    const { added, removed } = history.changesOf(periodSeconds * 1000);
    const atStart = current - added + removed;
    return type === 'Pods' ? atStart - value : Math.trunc(atStart * (1 - value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits);
}
