import { addQuantities, type Quantity, readQuantity } from '../../shared/kubernetes/quantity.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { resourceOf } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import type { PodAmounts } from './limit-ranges.js';

/** What something counts for in a ResourceQuota: amounts by the quota's names for resources. */
export type QuotaUsage = ReadonlyMap<string, Quantity>;

export const pieces = (count: number): Quantity => ({ nanos: BigInt(count) * 1_000_000_000n, binary: false });

/**
 * Of a pod that has not ended: https://kubernetes.io/docs/concepts/policy/resource-quotas/. `cpu` and `memory` are
 * other names of the requests.
 */
export function podUsage({ requests, limits }: PodAmounts): QuotaUsage {
  const usage = new Map([
    ['pods', pieces(1)],
    ['count/pods', pieces(1)],
  ]);
  for (const [name, text] of Object.entries(requests)) {
    const amount = readQuantity(text);
    if (!amount) continue;
    usage.set(`requests.${name}`, amount);
    usage.set(name, amount);
  }
  for (const [name, text] of Object.entries(limits)) {
    const amount = readQuantity(text);
    if (amount) usage.set(`limits.${name}`, amount);
  }
  return usage;
}

export function usageOfPods(pods: readonly Pod[]): QuotaUsage[] {
  return pods.map(({ spec }) => {
    const containers = spec?.containers ?? [];
    return sumOf(
      containers.map(({ resources }) =>
        podUsage({ requests: textsOf(resources?.requests), limits: textsOf(resources?.limits) }),
      ),
      // However many containers, it is one pod.
      [
        ['pods', pieces(1)],
        ['count/pods', pieces(1)],
      ],
    );
  });
}

const textsOf = (amounts: Readonly<Record<string, string>> | undefined): Record<string, string> => ({
  ...amounts,
});

export function sumOf(
  usages: readonly QuotaUsage[],
  instead: readonly (readonly [string, Quantity])[] = [],
): QuotaUsage {
  const sum = new Map<string, Quantity>();
  for (const usage of usages) {
    for (const [name, amount] of usage) {
      const before = sum.get(name);
      sum.set(name, before ? addQuantities(before, amount) : amount);
    }
  }
  for (const [name, amount] of instead) sum.set(name, amount);
  return sum;
}

/** Kinds that a quota also counts by their plural name alone. */
const countedByName = new Set(['configmaps', 'persistentvolumeclaims', 'secrets', 'services']);

/** Of an object that Meridian applies itself; pods are made by controllers. */
export function objectUsage(object: KubernetesObject): QuotaUsage {
  const { group, resource } = resourceOf(object);
  const usage = new Map([[`count/${resource}${group ? `.${group}` : ''}`, pieces(1)]]);
  if (countedByName.has(resource)) usage.set(resource, pieces(1));
  if (resource === 'services') addServiceUsage(usage, object);
  if (resource === 'persistentvolumeclaims') addClaimUsage(usage, object);
  return usage;
}

function addServiceUsage(usage: Map<string, Quantity>, object: KubernetesObject): void {
  const { spec } = object as { spec?: { type?: string; ports?: unknown[] } };
  if (spec?.type !== 'LoadBalancer') return;
  usage.set('services.loadbalancers', pieces(1));
  usage.set('services.nodeports', pieces(spec.ports?.length ?? 0));
}

function addClaimUsage(usage: Map<string, Quantity>, object: KubernetesObject): void {
  const { spec } = object as {
    spec?: { storageClassName?: string; resources?: { requests?: { storage?: string } } };
  };
  const storage = readQuantity(spec?.resources?.requests?.storage);
  if (storage) usage.set('requests.storage', storage);
  const storageClass = spec?.storageClassName;
  if (!storageClass) return;
  const prefix = `${storageClass}.storageclass.storage.k8s.io`;
  usage.set(`${prefix}/persistentvolumeclaims`, pieces(1));
  if (storage) usage.set(`${prefix}/requests.storage`, storage);
}
