import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  multiplyQuantity,
  type Quantity,
  readQuantity,
  subtractQuantities,
} from '../../shared/kubernetes/quantity.js';
import type { ResourceQuota } from '../../shared/kubernetes/resources.js';
import type { QuotaUsage } from '../preflight/quota-usage.js';
import type { Moment } from '../preflight/rollout-moments.js';

export interface QuotaFitValue {
  resource: string;
  limit: string | null;
  used: string;
  needed: string;
  fits: boolean;
}

/** What comes to a namespace. */
export interface QuotaNeed {
  /** One pod of the new template. */
  readonly pod: QuotaUsage;
  /** Pods of the service that run now: part of what the quota says is used. */
  readonly running: readonly QuotaUsage[];
  /** When most pods run. */
  readonly moments: readonly Moment[];
  /** Objects that are new, and what others grow by. */
  readonly objects: QuotaUsage;
}

const zero: Quantity = { nanos: 0n, binary: false };

/** What is needed at the peak, beyond what is used now, against what the namespace's quotas leave. */
export function quotaFit(quotas: readonly ResourceQuota[], need: QuotaNeed): QuotaFitValue[] {
  return quotas.flatMap((quota) =>
    isForPods(quota, need.pod) || !isScoped(quota)
      ? [...hardOf(quota)].flatMap(([resource, limit]) => {
          const isOfPods = isForPods(quota, need.pod) && ofPods(resource, need);
          const objects = isScoped(quota) ? undefined : need.objects.get(resource);
          if (!isOfPods && !objects) return [];
          const needed = addQuantities(isOfPods ? podsAtPeak(resource, need) : zero, objects ?? zero);
          const used = readQuantity(quota.status?.used?.[resource]) ?? zero;
          return [
            {
              resource,
              limit: formatQuantity(limit),
              used: formatQuantity(used),
              needed: formatQuantity(needed),
              fits: needed.nanos <= 0n || compareQuantities(addQuantities(used, needed), limit) <= 0,
            },
          ];
        })
      : [],
  );
}

const ofPods = (resource: string, { pod, running }: QuotaNeed): boolean =>
  pod.has(resource) || running.some((usage) => usage.has(resource)) || isCompute(resource);

/** The largest pods that run count first: which of them go first is not known. */
function podsAtPeak(resource: string, { pod, running, moments }: QuotaNeed): Quantity {
  const amounts = running.map((usage) => usage.get(resource) ?? zero);
  amounts.sort((a, b) => compareQuantities(b, a));
  const now = addQuantities(zero, ...amounts);
  const each = pod.get(resource) ?? zero;
  return moments
    .map(({ fresh, old }) =>
      subtractQuantities(addQuantities(multiplyQuantity(each, fresh), ...amounts.slice(0, old)), now),
    )
    .reduce((most, amount) => (compareQuantities(amount, most) > 0 ? amount : most), zero);
}

/** Why the quotas let not even one such pod be made, however empty the namespace is; undefined when they do. */
export function impossiblePod(quotas: readonly ResourceQuota[], pod: QuotaUsage): string | undefined {
  for (const quota of quotas.filter((each) => isForPods(each, pod))) {
    for (const [resource, limit] of hardOf(quota)) {
      const amount = pod.get(resource);
      if (!amount && isCompute(resource)) {
        return `The quota of this environment limits ${resource}, so each container must say it: give ${fieldOf(resource)}.`;
      }
      if (amount && compareQuantities(amount, limit) > 0) {
        return `One pod needs ${formatQuantity(amount)} ${resource}, but the quota of this environment is ${formatQuantity(limit)} in all: lower ${fieldOf(resource)}, or have the quota raised.`;
      }
    }
  }
  return undefined;
}

const fieldOf = (resource: string): string =>
  resource === 'cpu' || resource === 'memory' ? `requests.${resource}` : resource;

/** Resources that each container must name where a quota limits them. */
const isCompute = (resource: string): boolean => /^((requests|limits)\.)?(cpu|memory)$/.test(resource);

function* hardOf({ status, spec }: ResourceQuota): Generator<[string, Quantity]> {
  for (const [resource, text] of Object.entries(status?.hard ?? spec?.hard ?? {})) {
    const limit = readQuantity(text);
    if (limit) yield [resource, limit];
  }
}

const isScoped = ({ spec }: ResourceQuota): boolean =>
  (spec?.scopes?.length ?? 0) > 0 || (spec?.scopeSelector?.matchExpressions?.length ?? 0) > 0;

/** Pods of services have no priority class and no deadline of their own. */
function isForPods({ spec }: ResourceQuota, pod: QuotaUsage): boolean {
  const bestEffort = ![...pod.keys()].some((resource) => isCompute(resource) && resource.includes('.'));
  const holds: Readonly<Record<string, boolean>> = {
    BestEffort: bestEffort,
    NotBestEffort: !bestEffort,
    Terminating: false,
    NotTerminating: true,
  };
  const wanted = [
    ...(spec?.scopes ?? []).map((scope) => ({ scope, in: true })),
    ...(spec?.scopeSelector?.matchExpressions ?? []).map(({ scopeName, operator }) => ({
      scope: scopeName,
      in: operator === 'Exists' || operator === 'In',
    })),
  ];
  return wanted.every(({ scope, in: isIn }) => (holds[scope] ?? false) === isIn);
}
