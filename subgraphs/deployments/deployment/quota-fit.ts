import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  multiplyQuantity,
  type Quantity,
  readQuantity,
} from '../../shared/kubernetes/quantity.js';
import type { ResourceQuota } from '../../shared/kubernetes/resources.js';
import type { ServiceSpec } from '../service/service-spec.js';

export interface QuotaFitValue {
  resource: string;
  limit: string | null;
  used: string;
  needed: string;
  fits: boolean;
}

const zero: Quantity = { nanos: 0n, binary: false };

/** Pods that exist at most during a rolling update: those wanted and the surge, as Kubernetes rounds it (up). */
export function peakPods(spec: ServiceSpec): number {
  if (spec.strategy.type === 'RECREATE') return spec.replicas;
  const { maxSurge } = spec.strategy;
  const surge = maxSurge.endsWith('%')
    ? Math.ceil((spec.replicas * Number.parseInt(maxSurge, 10)) / 100)
    : Number.parseInt(maxSurge, 10);
  return spec.replicas + surge;
}

/** What the rollout needs beyond the pods that run now, against what the namespace's quotas leave. */
export function quotaFit(
  quotas: readonly ResourceQuota[],
  spec: ServiceSpec,
  runningPods: number,
): QuotaFitValue[] {
  const more = Math.max(0, peakPods(spec) - runningPods);
  const each: Record<string, Quantity> = {
    pods: { nanos: 1_000_000_000n, binary: false },
    'requests.cpu': readQuantity(spec.requests?.cpu) ?? zero,
    'requests.memory': readQuantity(spec.requests?.memory) ?? zero,
    'limits.cpu': readQuantity(spec.limits?.cpu) ?? zero,
    'limits.memory': readQuantity(spec.limits?.memory) ?? zero,
  };
  // Kubernetes takes "cpu" and "memory" for requests.
  const aliases: Record<string, string> = { cpu: 'requests.cpu', memory: 'requests.memory' };
  return quotas.flatMap((quota) =>
    Object.entries(quota.status?.hard ?? quota.spec?.hard ?? {}).flatMap(([resource, limitText]) => {
      const perPod = each[aliases[resource] ?? resource];
      const limit = readQuantity(limitText);
      if (!perPod || !limit) return [];
      const used = readQuantity(quota.status?.used?.[resource]) ?? zero;
      const needed = multiplyQuantity(perPod, more);
      return [
        {
          resource,
          limit: limitText,
          used: formatQuantity(used),
          needed: formatQuantity(needed),
          fits: compareQuantities(addQuantities(used, needed), limit) <= 0,
        },
      ];
    }),
  );
}
