import { matchesNode, tolerationOf, untoleratedTaint } from '../controllers/node-matching.js';
import { toNumber } from '../controllers/quantity.js';
import type { KubernetesObject } from '../storage/api.js';
import type { Misfit } from './scheduler-message.js';

export interface Resources {
  cpu: number;
  memory: number;
}

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

const sum = (containers: readonly any[]): Resources =>
  containers.reduce(
    (total: Resources, { resources }: any) => ({
      cpu: total.cpu + toNumber(resources?.requests?.cpu),
      memory: total.memory + toNumber(resources?.requests?.memory),
    }),
    { cpu: 0, memory: 0 },
  );

/** What the pod asks for: its containers and sidecars together, or its largest init container. */
export function podRequests(pod: KubernetesObject): Resources {
  const { containers, initContainers = [] } = pod['spec'];
  const isSidecar = ({ restartPolicy }: any): boolean => restartPolicy === 'Always';
  const main = sum([...containers, ...initContainers.filter(isSidecar)]);
  return initContainers
    .filter((container: any) => !isSidecar(container))
    .reduce((largest: Resources, container: any) => {
      const single = sum([container]);
      return { cpu: Math.max(largest.cpu, single.cpu), memory: Math.max(largest.memory, single.memory) };
    }, main);
}

/** What of the node itself is against the pod, in the scheduler's words and order; none when it fits. */
export function misfits(
  pod: KubernetesObject,
  node: KubernetesObject,
  used: Resources & { pods: number },
): Misfit[] {
  const tolerations: any[] = pod['spec'].tolerations ?? [];
  if (node['spec']?.unschedulable && !tolerationOf(tolerations, UNSCHEDULABLE))
    return [{ reason: 'node(s) were unschedulable', fixed: true }];
  if (untoleratedTaint(tolerations, node))
    return [{ reason: 'node(s) had untolerated taint(s)', fixed: true }];
  if (!matchesNode(pod, node))
    return [{ reason: "node(s) didn't match Pod's node affinity/selector", fixed: true }];
  return shortages(pod, node, used);
}

function shortages(
  pod: KubernetesObject,
  node: KubernetesObject,
  used: Resources & { pods: number },
): Misfit[] {
  const found: Misfit[] = [];
  const wanted = podRequests(pod);
  const { allocatable } = node['status'];
  const free = { cpu: toNumber(allocatable.cpu), memory: toNumber(allocatable.memory) };
  if (used.pods + 1 > toNumber(allocatable.pods)) found.push({ reason: 'Too many pods', fixed: false });
  for (const resource of ['cpu', 'memory'] as const)
    if (wanted[resource] > 0 && wanted[resource] > free[resource] - used[resource])
      found.push({ reason: `Insufficient ${resource}`, fixed: wanted[resource] > free[resource] });
  return found;
}
