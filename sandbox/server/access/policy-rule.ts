import type { ResourceAttributes } from './user.js';

/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  (list ?? []).some((each) => each === '*' || each === value);

export const ruleCovers = (
  rule: PolicyRule,
  { verb, group, resource, subresource, name }: ResourceAttributes,
): boolean => {
  const full = subresource ? `${resource}/${subresource}` : resource;
  const names = rule.resourceNames ?? [];
  return (
    includes(rule.verbs, verb) &&
    includes(rule.apiGroups, group) &&
    (includes(rule.resources, full) ||
      (subresource !== undefined && (rule.resources ?? []).includes(`*/${subresource}`))) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
};

export const ruleCoversPath = (rule: PolicyRule, verb: string, path: string): boolean =>
  includes(rule.verbs, verb) &&
  (rule.nonResourceURLs ?? []).some(
    (url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
  );

/** Takes a rule apart into rules of one verb on one thing. */
export const breakDown = (rule: PolicyRule): PolicyRule[] => [
  ...(rule.verbs ?? []).flatMap((verb) => [
    ...(rule.nonResourceURLs ?? []).map((url): PolicyRule => ({ verbs: [verb], nonResourceURLs: [url] })),
    ...(rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) => {
        const one: PolicyRule = { verbs: [verb], apiGroups: [group], resources: [resource] };
        const names = rule.resourceNames ?? [];
        return names.length === 0 ? [one] : names.map((name) => ({ ...one, resourceNames: [name] }));
      }),
    ),
  ]),
];

/** The parts of rules that none of the owned rules gives, verbs of the same thing together, in order. */
export const missingRules = (wanted: readonly PolicyRule[], owned: readonly PolicyRule[]): PolicyRule[] => {
  const missing = new Map<string, PolicyRule>();
  for (const part of wanted.flatMap(breakDown)) {
    if (owned.some((rule) => isWithin(part, rule))) continue;
    const thing = JSON.stringify({ ...part, verbs: [] });
    const known = missing.get(thing);
    missing.set(thing, { ...part, verbs: [...new Set([...(known?.verbs ?? []), ...part.verbs])] });
  }
  return [...missing.values()].sort((a, b) => (ruleText(a) < ruleText(b) ? -1 : 1));
};

const isWithin = (part: PolicyRule, rule: PolicyRule): boolean => {
  const [verb = ''] = part.verbs;
  const [url] = part.nonResourceURLs ?? [];
  if (url !== undefined) return ruleCoversPath(rule, verb, url);
  const [full = ''] = part.resources ?? [];
  const [resource = '', subresource] = full.split('/');
  return ruleCovers(rule, {
    verb,
    group: part.apiGroups?.[0] ?? '',
    resource,
    subresource,
    name: part.resourceNames?.[0],
  });
};

/** As messages show a rule. */
export const ruleText = (rule: PolicyRule): string => {
  const list = (label: string, values: readonly string[] | undefined): string[] =>
    values?.length ? [`${label}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`] : [];
  const parts = [
    ...list('APIGroups', rule.apiGroups),
    ...list('Resources', rule.resources),
    ...list('ResourceNames', rule.resourceNames),
    ...list('NonResourceURLs', rule.nonResourceURLs),
    ...list('Verbs', rule.verbs),
  ];
  return `{${parts.join(', ')}}`;
};
