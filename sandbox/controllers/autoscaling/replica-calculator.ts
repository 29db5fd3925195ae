import type { KubernetesObject } from '../../storage/api.js';
import { toNumber } from '../quantity.js';
import type { GroupedPods } from './pod-metrics.js';

/** Ratios within the tolerance of 1 lead to no change. */
export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

export const DEFAULT_TOLERANCE = 0.1;

export interface Proposal {
  readonly replicas: number;
  /** Per pod: millicores or bytes. */
  readonly average: number;
  /** Percent of what is requested, when that is what was asked for. */
  readonly utilization?: number;
}

/** Requests of the pods in millicores or bytes. Throws when a container asks for nothing. */
export function requestsOf(
  pods: readonly KubernetesObject[],
  resource: string,
  container: string | undefined,
): Map<KubernetesObject, number> {
  return new Map(
    pods.map((pod) => {
      const sidecars = (pod['spec'].initContainers ?? []).filter(
        ({ restartPolicy }: any) => restartPolicy === 'Always',
      );
      const containers = [...pod['spec'].containers, ...sidecars].filter(
        ({ name }: any) => !container || name === container,
      );
      const total = containers.reduce((sum: number, { name, resources }: any) => {
        const request = resources?.requests?.[resource];
        if (request === undefined)
          throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`);
        return sum + toNumber(request) * (resource === 'cpu' ? 1000 : 1);
      }, 0);
      return [pod, total];
    }),
  );
}

type Ratio = (values: ReadonlyMap<KubernetesObject, number>) => number;

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

/** By percent of the requests, as GetResourceReplicas of Kubernetes' replica calculator. */
export function proposeByUtilization(
  current: number,
  target: number,
  grouped: GroupedPods,
  requests: ReadonlyMap<KubernetesObject, number>,
  tolerances: Tolerances,
): Proposal {
  const utilizationOf = (values: ReadonlyMap<KubernetesObject, number>): number => {
    const requested = total([...values.keys()].map((pod) => requests.get(pod) ?? 0));
    return requested === 0 ? 0 : Math.trunc((total(values.values()) * 100) / requested);
  };
  const replicas = propose(current, grouped, tolerances, (values) => utilizationOf(values) / target, {
    // A missing pod counts as fully used when the size would shrink.
    missing: (pod) => ((requests.get(pod) ?? 0) * Math.max(100, target)) / 100,
  });
  return {
    replicas,
    average: averageOf(grouped),
    utilization: utilizationOf(grouped.measured),
  };
}

/** By the average per pod, as calcPlainMetricReplicas. */
export function proposeByAverage(
  current: number,
  target: number,
  grouped: GroupedPods,
  tolerances: Tolerances,
): Proposal {
  const ratio: Ratio = (values) => total(values.values()) / Math.max(1, values.size) / target;
  const replicas = propose(current, grouped, tolerances, ratio, { missing: () => target });
  return { replicas, average: averageOf(grouped) };
}

const averageOf = ({ measured }: GroupedPods): number => Math.round(total(measured.values()) / measured.size);

function propose(
  current: number,
  grouped: GroupedPods,
  tolerances: Tolerances,
  ratioOf: Ratio,
  fallback: { missing: (pod: KubernetesObject) => number },
): number {
  const isNear = (ratio: number): boolean => ratio >= 1 - tolerances.down && ratio <= 1 + tolerances.up;
  const { measured, unready, missing, ready } = grouped;
  const ratio = ratioOf(measured);
  const growsWithUnready = unready.length > 0 && ratio > 1;
  if (!growsWithUnready && missing.length === 0) return isNear(ratio) ? current : roundUp(ratio * ready);
  const values = new Map(measured);
  if (ratio < 1) for (const pod of missing) values.set(pod, fallback.missing(pod));
  if (ratio > 1) for (const pod of missing) values.set(pod, 0);
  if (growsWithUnready) for (const pod of unready) values.set(pod, 0);
  const corrected = ratioOf(values);
  const hasTurned = (ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1);
  if (isNear(corrected) || hasTurned) return current;
  const replicas = roundUp(corrected * values.size);
  const isAgainst = (corrected < 1 && replicas > current) || (corrected > 1 && replicas < current);
  return isAgainst ? current : replicas;
}

/** Up, but not for what only the arithmetic of fractions adds. */
const roundUp = (value: number): number => Math.ceil(value - 1e-9);
