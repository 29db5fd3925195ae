import { toNumber } from '../controllers/quantity.js';
import type { KubernetesObject } from '../storage/api.js';
import { type LabelRequirement, matchesRequirements } from '../storage/label-selector.js';

export interface Resources {
  cpu: number;
  memory: number;
}

/** Why a pod cannot go to a node. `fixed` reasons would remain if all other pods were gone. */
export interface Misfit {
  readonly reason: string;
  readonly fixed: boolean;
}

const sum = (containers: any[] | undefined): Resources =>
  (containers ?? []).reduce(
    (total: Resources, { resources }: any) => ({
      cpu: total.cpu + toNumber(resources?.requests?.cpu),
      memory: total.memory + toNumber(resources?.requests?.memory),
    }),
    { cpu: 0, memory: 0 },
  );

/** What the pod asks for: its containers together, or its largest init container. */
export function podRequests(pod: KubernetesObject): Resources {
  const { containers, initContainers = [] } = pod['spec'];
  const main = sum(containers);
  return initContainers.reduce((largest: Resources, container: any) => {
    const single = sum([container]);
    return { cpu: Math.max(largest.cpu, single.cpu), memory: Math.max(largest.memory, single.memory) };
  }, main);
}

/** The reasons against the node, in the scheduler's words; none when the pod fits. */
export function misfits(
  pod: KubernetesObject,
  node: KubernetesObject,
  used: Resources & { pods: number },
): Misfit[] {
  const found: Misfit[] = [];
  const tolerations: any[] = pod['spec'].tolerations ?? [];
  const unschedulable = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node['spec']?.unschedulable && !tolerates(tolerations, unschedulable))
    return [{ reason: 'node(s) were unschedulable', fixed: true }];
  const taint = (node['spec']?.taints ?? []).find(
    (candidate: any) => candidate.effect !== 'PreferNoSchedule' && !tolerates(tolerations, candidate),
  );
  if (taint)
    return [{ reason: `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`, fixed: true }];
  if (!matchesNode(pod, node))
    return [{ reason: "node(s) didn't match Pod's node affinity/selector", fixed: true }];

  const wanted = podRequests(pod);
  const { allocatable } = node['status'];
  const free = { cpu: toNumber(allocatable.cpu), memory: toNumber(allocatable.memory) };
  if (used.pods + 1 > toNumber(allocatable.pods)) found.push({ reason: 'Too many pods', fixed: false });
  for (const resource of ['cpu', 'memory'] as const)
    if (wanted[resource] > 0 && wanted[resource] > free[resource] - used[resource])
      found.push({ reason: `Insufficient ${resource}`, fixed: wanted[resource] > free[resource] });
  return found;
}

const tolerates = (tolerations: any[], taint: { key: string; value?: string; effect: string }): boolean =>
  tolerations.some(
    ({ key, operator = 'Equal', value = '', effect }) =>
      (!effect || effect === taint.effect) &&
      (operator === 'Exists'
        ? !key || key === taint.key
        : key === taint.key && value === (taint.value ?? '')),
  );

function matchesNode(pod: KubernetesObject, { metadata }: KubernetesObject): boolean {
  const { nodeSelector = {}, affinity } = pod['spec'];
  const labels = metadata.labels ?? {};
  if (Object.entries(nodeSelector).some(([key, value]) => labels[key] !== value)) return false;
  const terms: any[] | undefined =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms) return true;
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    const requirements = matchExpressions.map(toRequirement);
    const byName = matchFields.every(({ values = [] }: any) => values.includes(metadata.name));
    return matchesRequirements(labels, requirements) && byName;
  });
}

const toRequirement = ({ key, operator, values = [] }: any): LabelRequirement => ({
  key,
  operator: operator === 'Gt' ? 'GreaterThan' : operator === 'Lt' ? 'LessThan' : operator,
  values,
});

/** The scheduler's summary, such as `0/3 nodes are available: 3 Insufficient cpu. …`. */
export function unschedulableMessage(all: readonly (readonly Misfit[])[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of all.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const hopeless = all.filter((reasonsOfNode) => reasonsOfNode.some(({ fixed }) => fixed)).length;
  const preemption = [
    [all.length - hopeless, 'No preemption victims found for incoming pod'],
    [hopeless, 'Preemption is not helpful for scheduling'],
  ].filter(([count]) => Number(count) > 0);
  const nodes = `0/${all.length} nodes are available`;
  const outlook = preemption.map(([count, text]) => `${count} ${text}`).join(', ');
  return `${nodes}: ${reasons.join(', ')}. no new claims to deallocate, preemption: ${nodes}: ${outlook}.`;
}
