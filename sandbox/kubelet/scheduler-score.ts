import { matchesTerm, untoleratedTaint } from '../controllers/node-matching.js';
import { controllerOf } from '../controllers/ownership.js';
import { toNumber } from '../controllers/quantity.js';
import type { KubernetesObject } from '../storage/api.js';
import { matchesLabelSelector } from '../storage/label-selector.js';
import type { NodeUsage } from './node-usage.js';
import { type ClusterView, spreadCounts } from './scheduler-affinity.js';

const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const SIBLING = 1000;
const UNWANTED_TAINT = 3000;
const PREFERENCE = 30;
const SPREAD = 1000;

/**
 * How much speaks against each node; the least is taken. Pods of one owner spread over nodes, then the least allocated
 * node is taken; preferences of the pod weigh more.
 */
export function scorer(
  pod: KubernetesObject,
  view: ClusterView,
  usage: NodeUsage,
): (node: KubernetesObject) => number {
  const owner = controllerOf(pod)?.uid;
  const preferences = preferencesOf(pod, view);
  return (node) => {
    const { name } = node.metadata;
    const { cpu, memory, pods } = usage.of(name);
    const { allocatable } = node['status'];
    const load = (cpu / toNumber(allocatable.cpu) + memory / toNumber(allocatable.memory)) / 2;
    const tainted = untoleratedTaint(pod['spec'].tolerations ?? [], node, ['PreferNoSchedule']);
    return preferences.reduce(
      (score, against) => score + against(node),
      usage.ownedBy(owner, name) * SIBLING + load * 100 + pods + (tainted ? UNWANTED_TAINT : 0),
    );
  };
}

function preferencesOf(pod: KubernetesObject, view: ClusterView): ((node: KubernetesObject) => number)[] {
  const { affinity = {}, topologySpreadConstraints = [] } = pod['spec'];
  const byNode: any[] = affinity.nodeAffinity?.[PREFERRED] ?? [];
  const near: any[] = affinity.podAffinity?.[PREFERRED] ?? [];
  const away: any[] = affinity.podAntiAffinity?.[PREFERRED] ?? [];
  return [
    ...byNode.map(
      ({ weight, preference }) =>
        (node: KubernetesObject) =>
          matchesTerm(preference, node) ? -weight * PREFERENCE : 0,
    ),
    ...near.map((term) => nearness(term, pod, view, -1)),
    ...away.map((term) => nearness(term, pod, view, 1)),
    ...topologySpreadConstraints
      .filter(({ whenUnsatisfiable }: any) => whenUnsatisfiable === 'ScheduleAnyway')
      .map((constraint: any) => {
        const counts = spreadCounts(pod, view, constraint);
        return (node: KubernetesObject) =>
          (counts.get(node.metadata.labels?.[constraint.topologyKey] ?? '') ?? 0) * SPREAD;
      }),
  ];
}

function nearness(
  { weight, podAffinityTerm }: any,
  pod: KubernetesObject,
  view: ClusterView,
  sign: 1 | -1,
): (node: KubernetesObject) => number {
  const { topologyKey, labelSelector } = podAffinityTerm;
  const domains = new Set(
    view
      .podsIn(pod.metadata.namespace ?? '')
      .filter((other) => matchesLabelSelector(other.metadata.labels, labelSelector))
      .map((other) => view.nodeOf(other)?.metadata.labels?.[topologyKey])
      .filter((domain) => domain !== undefined),
  );
  return (node) => (domains.has(node.metadata.labels?.[topologyKey] ?? '') ? sign * weight * PREFERENCE : 0);
}
