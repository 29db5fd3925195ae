import { matchesNode } from '../controllers/node-matching.js';
import { isPodFinished } from '../controllers/pod-condition.js';
import type { KubernetesObject } from '../storage/api.js';
import { matchesLabelSelector } from '../storage/label-selector.js';
import type { Misfit } from './scheduler-message.js';

/** The pods and nodes that a decision about one pod looks at. */
export interface ClusterView {
  readonly nodes: readonly KubernetesObject[];
  nodeOf(pod: KubernetesObject): KubernetesObject | undefined;
  podsIn(namespace: string): readonly KubernetesObject[];
  /** Placed pods that keep others away from where they are. */
  guardedPods(): readonly KubernetesObject[];
}

type Check = (node: KubernetesObject) => Misfit | undefined;

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

const domainOf = (node: KubernetesObject | undefined, key: string): string | undefined =>
  node?.metadata.labels?.[key];

/** What other pods have against each node; counted once for the pod. Undefined when the pod does not care. */
export function podChecks(pod: KubernetesObject, view: ClusterView): Check[] {
  return [...spreadChecks(pod, view), ...affinityChecks(pod, view)];
}

function placed(view: ClusterView, namespaces: readonly string[], selector: any): KubernetesObject[] {
  return namespaces
    .flatMap((namespace) => view.podsIn(namespace))
    .filter(
      (other) =>
        other['spec'].nodeName &&
        !isPodFinished(other) &&
        !other.metadata.deletionTimestamp &&
        matchesLabelSelector(other.metadata.labels, selector),
    );
}

const namespacesOf = (term: any, pod: KubernetesObject): string[] =>
  term.namespaces?.length > 0 ? term.namespaces : [pod.metadata.namespace ?? ''];

/** The domains that hold pods which the term selects. */
const domainsOf = (term: any, pod: KubernetesObject, view: ClusterView): Set<string | undefined> =>
  new Set(
    placed(view, namespacesOf(term, pod), term.labelSelector).map((other) =>
      domainOf(view.nodeOf(other), term.topologyKey),
    ),
  );

function affinityChecks(pod: KubernetesObject, view: ClusterView): Check[] {
  const { affinity = {} } = pod['spec'];
  const near: any[] = affinity.podAffinity?.[REQUIRED] ?? [];
  const away: any[] = affinity.podAntiAffinity?.[REQUIRED] ?? [];
  const checks: Check[] = [];
  for (const term of near) {
    const domains = domainsOf(term, pod, view);
    // The first of a group that wants to be together may go anywhere.
    const isFirst = domains.size === 0 && matchesLabelSelector(pod.metadata.labels, term.labelSelector);
    checks.push((node) => {
      const domain = domainOf(node, term.topologyKey);
      return domain !== undefined && (isFirst || domains.has(domain))
        ? undefined
        : { reason: "node(s) didn't match pod affinity rules", fixed: true };
    });
  }
  for (const term of away) {
    const domains = domainsOf(term, pod, view);
    checks.push((node) => {
      const domain = domainOf(node, term.topologyKey);
      return domain !== undefined && domains.has(domain)
        ? { reason: "node(s) didn't match pod anti-affinity rules", fixed: false }
        : undefined;
    });
  }
  return [...checks, ...guards(pod, view)];
}

function guards(pod: KubernetesObject, view: ClusterView): Check[] {
  return view.guardedPods().flatMap((other) =>
    (other['spec'].affinity?.podAntiAffinity?.[REQUIRED] ?? [])
      .filter(
        (term: any) =>
          namespacesOf(term, other).includes(pod.metadata.namespace ?? '') &&
          matchesLabelSelector(pod.metadata.labels, term.labelSelector),
      )
      .map((term: any): Check => {
        const guarded = domainOf(view.nodeOf(other), term.topologyKey);
        return (node) =>
          guarded !== undefined && domainOf(node, term.topologyKey) === guarded
            ? { reason: "node(s) didn't satisfy existing pods anti-affinity rules", fixed: false }
            : undefined;
      }),
  );
}

function spreadChecks(pod: KubernetesObject, view: ClusterView): Check[] {
  const constraints: any[] = (pod['spec'].topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable }: any) => whenUnsatisfiable !== 'ScheduleAnyway',
  );
  return constraints.map((constraint) => {
    const { topologyKey, maxSkew, labelSelector } = constraint;
    const counts = spreadCounts(pod, view, constraint);
    const least = counts.size > 0 ? Math.min(...counts.values()) : 0;
    const self = matchesLabelSelector(pod.metadata.labels, labelSelector) ? 1 : 0;
    return (node: KubernetesObject) => {
      const domain = domainOf(node, topologyKey);
      const reason = "node(s) didn't match pod topology spread constraints";
      if (domain === undefined) return { reason: `${reason} (missing required label)`, fixed: true };
      return (counts.get(domain) ?? 0) + self - least > maxSkew ? { reason, fixed: false } : undefined;
    };
  });
}

/** How many pods that the constraint selects each domain of nodes that the pod could use holds. */
export function spreadCounts(
  pod: KubernetesObject,
  view: ClusterView,
  { topologyKey, labelSelector, minDomains }: any,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of view.nodes) {
    const domain = domainOf(node, topologyKey);
    if (domain !== undefined && matchesNode(pod, node)) counts.set(domain, 0);
  }
  for (const other of placed(view, [pod.metadata.namespace ?? ''], labelSelector)) {
    const domain = domainOf(view.nodeOf(other), topologyKey);
    const before = domain === undefined ? undefined : counts.get(domain);
    if (domain !== undefined && before !== undefined) counts.set(domain, before + 1);
  }
  // Domains that are still missing count as empty ones.
  if (minDomains > counts.size) counts.set('', 0);
  return counts;
}
