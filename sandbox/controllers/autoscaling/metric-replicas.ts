import type { KubernetesObject } from '../../storage/api.js';
import { toNumber } from '../quantity.js';
import type { ConditionContent } from './conditions.js';
import type { PodMetrics } from './pod-metrics.js';
import {
  DEFAULT_TOLERANCE,
  type Proposal,
  proposeByAverage,
  proposeByUtilization,
  requestsOf,
  type Tolerances,
} from './replica-calculator.js';

export type MetricStatus = Readonly<Record<string, unknown>>;

export interface ComputedReplicas {
  /** Undefined when no size can be told; `error` says why. */
  readonly replicas: number | undefined;
  /** As events name the metric that asked for the most. */
  readonly metric: string;
  readonly statuses: readonly MetricStatus[];
  readonly active: ConditionContent;
  readonly error?: string;
}

type Warn = (reason: string, message: string) => void;

interface MetricFailure {
  readonly reason: string;
  /** As the condition and its event say it. */
  readonly text: string;
  /** As the summary of all metrics says it. */
  readonly summary: string;
}

/** The largest size that any metric asks for; a failed metric forbids to shrink. */
export function computeReplicas(
  autoscaler: KubernetesObject,
  current: number,
  pods: readonly KubernetesObject[],
  metrics: PodMetrics,
  warn: Warn,
): ComputedReplicas {
  const specs: any[] = autoscaler['spec'].metrics ?? [];
  const tolerances = tolerancesOf(autoscaler);
  const failures: MetricFailure[] = [];
  const statuses: MetricStatus[] = [];
  let best: { replicas: number; metric: string } | undefined;
  for (const spec of specs) {
    const answer = evaluate(spec, current, pods, metrics, tolerances);
    if ('reason' in answer) {
      warn(answer.reason, answer.text);
      failures.push(answer);
      statuses.push({ type: '' });
      continue;
    }
    statuses.push(answer.status);
    if (!best || answer.replicas > best.replicas) best = answer;
  }
  const [first] = failures;
  if (first && (!best || best.replicas < current))
    return {
      replicas: undefined,
      metric: '',
      statuses,
      active: ['False', first.reason, `the HPA was unable to compute the replica count: ${first.text}`],
      error: `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first.summary}`,
    };
  const { replicas = current, metric = '' } = best ?? {};
  return {
    replicas,
    metric,
    statuses,
    active: [
      'True',
      'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${metric}`,
    ],
  };
}

function tolerancesOf({ spec }: KubernetesObject): Tolerances {
  const of = (rules: any): number =>
    rules?.tolerance === undefined ? DEFAULT_TOLERANCE : toNumber(rules.tolerance);
  return { up: of(spec.behavior?.scaleUp), down: of(spec.behavior?.scaleDown) };
}

function evaluate(
  spec: any,
  current: number,
  pods: readonly KubernetesObject[],
  metrics: PodMetrics,
  tolerances: Tolerances,
): { replicas: number; metric: string; status: MetricStatus } | MetricFailure {
  if (spec.type !== 'Resource' && spec.type !== 'ContainerResource') return unserved(spec.type);
  const field = spec.type === 'Resource' ? 'resource' : 'containerResource';
  const { name, container, target } = spec[field];
  const byUtilization = target.averageUtilization !== undefined;
  const kind = container ? `${name} container resource` : `${name} resource`;
  try {
    if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
    const grouped = metrics.group(pods, name, container);
    const scale = name === 'cpu' ? 1000 : 1;
    const proposal = byUtilization
      ? proposeByUtilization(
          current,
          target.averageUtilization,
          grouped,
          requestsOf(pods, name, container),
          tolerances,
        )
      : proposeByAverage(current, toNumber(target.averageValue) * scale, grouped, tolerances);
    return {
      replicas: proposal.replicas,
      metric: byUtilization ? `${kind} utilization (percentage of request)` : kind,
      status: {
        type: spec.type,
        [field]: { name, ...(container && { container }), current: measured(name, proposal) },
      },
    };
  } catch (error) {
    const text = `failed to get ${name} ${byUtilization ? 'utilization' : 'usage'}: ${error instanceof Error ? error.message : error}`;
    return {
      reason: container ? 'FailedGetContainerResourceMetric' : 'FailedGetResourceMetric',
      text,
      summary: `failed to get ${kind} metric value: ${text}`,
    };
  }
}

const measured = (name: string, { average, utilization }: Proposal) => ({
  ...(utilization !== undefined && { averageUtilization: utilization }),
  averageValue: name === 'cpu' ? `${average}m` : String(average),
});

/** A sandbox has no custom.metrics.k8s.io or external.metrics.k8s.io, as most clusters. */
function unserved(type: string): MetricFailure {
  const [api, reason, what] =
    type === 'External'
      ? ['external metrics API', 'FailedGetExternalMetric', 'external']
      : ['custom metrics API', type === 'Pods' ? 'FailedGetPodsMetric' : 'FailedGetObjectMetric', 'custom'];
  const text = `unable to get metric: unable to fetch metrics from ${api}: no ${what} metrics API (${what}.metrics.k8s.io) registered`;
  return { reason, text, summary: `failed to get ${type.toLowerCase()} metric value: ${text}` };
}
