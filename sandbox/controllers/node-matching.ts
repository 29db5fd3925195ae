import type { KubernetesObject } from '../storage/api.js';
import { type LabelRequirement, matchesRequirements } from '../storage/label-selector.js';

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

/** The first toleration of the taint. */
export const tolerationOf = (tolerations: readonly any[], taint: Taint): any =>
  tolerations.find(
    ({ key, operator = 'Equal', value = '', effect }) =>
      (!effect || effect === taint.effect) &&
      (operator === 'Exists'
        ? !key || key === taint.key
        : key === taint.key && value === (taint.value ?? '')),
  );

/** The first taint that keeps the pod from the node; `PreferNoSchedule` keeps none. */
export const untoleratedTaint = (
  tolerations: readonly any[],
  node: KubernetesObject,
  effects: readonly string[] = ['NoSchedule', 'NoExecute'],
): Taint | undefined =>
  (node['spec']?.taints ?? []).find(
    (taint: Taint) => effects.includes(taint.effect) && !tolerationOf(tolerations, taint),
  );

/** By nodeSelector and the required node affinity. */
export function matchesNode(pod: KubernetesObject, node: KubernetesObject): boolean {
  const { nodeSelector = {}, affinity } = pod['spec'];
  const labels = node.metadata.labels ?? {};
  if (Object.entries(nodeSelector).some(([key, value]) => labels[key] !== value)) return false;
  const terms: any[] | undefined =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return !terms || terms.some((term) => matchesTerm(term, node));
}

/** An empty term matches nothing. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: any,
  { metadata }: KubernetesObject,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': metadata.name };
  return (
    matchesRequirements(metadata.labels, matchExpressions.map(toRequirement)) &&
    matchesRequirements(fields, matchFields.map(toRequirement))
  );
}

const toRequirement = ({ key, operator, values = [] }: any): LabelRequirement => ({
  key,
  operator: operator === 'Gt' ? 'GreaterThan' : operator === 'Lt' ? 'LessThan' : operator,
  values,
});
