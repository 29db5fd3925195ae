import type { InputProblem } from '../../../shared/errors.js';
import { quoted } from '../../../shared/kubernetes/names.js';
import { compareQuantities, readQuantity } from '../../../shared/kubernetes/quantity.js';
import type { ResourceAmountsSpec, ServiceSpec } from '../service-spec.js';
import { inRange, problem, rangeProblems } from './problem.js';

export const maximumReplicas = 1_000;

/** Requests or limits. */
export function amountProblems(amounts: ResourceAmountsSpec | null, at: readonly string[]): InputProblem[] {
  return (['cpu', 'memory'] as const).flatMap((field) => {
    const value = amounts?.[field] ?? null;
    if (value === null || (readQuantity(value)?.nanos ?? 0n) > 0n) return [];
    return [
      problem(
        [...at, field],
        `${quoted(value)} is not an amount: write ${field === 'cpu' ? '250m or 2' : '128Mi or 1Gi'}.`,
      ),
    ];
  });
}

/** Requests and limits together. */
export function limitProblems({ requests, limits }: ServiceSpec, at: readonly string[]): InputProblem[] {
  return (['cpu', 'memory'] as const).flatMap((field) => {
    const [request, limit] = [readQuantity(requests?.[field]), readQuantity(limits?.[field])];
    if (!request || !limit || compareQuantities(request, limit) <= 0) return [];
    return [
      problem(
        [...at, 'limits', field],
        `The ${field} limit ${limits?.[field]} is below the request ${requests?.[field]}: raise it or lower the request.`,
      ),
    ];
  });
}

/** Without a request there is nothing that a use could be a percentage of. */
export function autoscalingProblems(
  { autoscaling, requests }: ServiceSpec,
  at: readonly string[],
): InputProblem[] {
  if (!autoscaling) return [];
  const path = [...at, 'autoscaling'];
  const { minReplicas, maxReplicas } = autoscaling;
  const requestOf = { cpuPercent: requests?.cpu, memoryPercent: requests?.memory };
  const targets = ['cpuPercent', 'memoryPercent'] as const;
  return [
    ...rangeProblems(minReplicas, [1, maximumReplicas], [...path, 'minReplicas']),
    ...rangeProblems(maxReplicas, [1, maximumReplicas], [...path, 'maxReplicas']),
    ...(inRange(maxReplicas, 1, maximumReplicas) && minReplicas > maxReplicas
      ? [
          problem(
            [...path, 'maxReplicas'],
            `maxReplicas is ${maxReplicas}, below minReplicas, ${minReplicas}: raise it.`,
          ),
        ]
      : []),
    ...targets.flatMap((field) => rangeProblems(autoscaling[field], [1, 1_000], [...path, field])),
    ...targets
      .filter((field) => autoscaling[field] !== null && requestOf[field] == null)
      .map((field) =>
        problem(
          [...path, field],
          `${field} is a share of requests.${field === 'cpuPercent' ? 'cpu' : 'memory'}, which is not given: give it.`,
        ),
      ),
  ];
}
