import type { KubernetesObject } from '../../storage/api.js';
import { keyOf, type Store } from '../../storage/store.js';
import { AUTHENTICATED, MASTERS, type ResourceAttributes, type User } from './user.js';

export interface Decision {
  readonly allowed: boolean;
  /** Which binding allows it. */
  readonly reason?: string;
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** What every authenticated caller may do: ask about themselves. */
const basicRules: readonly Rule[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
];

const SERVICE_ACCOUNT = 'system:serviceaccount:';

/** Role-based access control over the stored roles and bindings. */
export const decide = (store: Store, user: User, attributes: ResourceAttributes): Decision => {
  if (user.groups.includes(MASTERS)) return { allowed: true };
  if (user.groups.includes(AUTHENTICATED) && basicRules.some((rule) => covers(rule, attributes)))
    return { allowed: true };
  const bindings = [
    ...store.list('clusterrolebindings'),
    ...(attributes.namespace === undefined ? [] : store.list('rolebindings', attributes.namespace)),
  ];
  for (const binding of bindings) {
    const subject = (binding['subjects'] ?? []).find((each: any) => isSubject(each, user));
    if (!subject) continue;
    const rules: readonly Rule[] = roleOf(store, binding)?.['rules'] ?? [];
    if (rules.some((rule) => covers(rule, attributes)))
      return { allowed: true, reason: describe(binding, subject) };
  }
  return { allowed: false };
};

/** Whether a cluster-wide binding gives the user this verb on anything. */
export const hasRuleFor = (store: Store, user: User, verb: string): boolean =>
  store
    .list('clusterrolebindings')
    .filter((binding) => (binding['subjects'] ?? []).some((each: any) => isSubject(each, user)))
    .some((binding) =>
      (roleOf(store, binding)?.['rules'] ?? []).some((rule: Rule) => includes(rule.verbs, verb)),
    );

const isSubject = ({ kind, name, namespace }: any, user: User): boolean => {
  if (kind === 'User') return user.name === name;
  if (kind === 'Group') return user.groups.includes(name);
  return kind === 'ServiceAccount' && user.name === `${SERVICE_ACCOUNT}${namespace}:${name}`;
};

const roleOf = (store: Store, binding: KubernetesObject): KubernetesObject | undefined => {
  const { kind, name } = binding['roleRef'];
  return kind === 'ClusterRole'
    ? store.get('clusterroles', name)
    : store.get('roles', keyOf(binding.metadata.namespace, name));
};

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  (list ?? []).some((each) => each === '*' || each === value);

const covers = (rule: Rule, { verb, group, resource, subresource, name }: ResourceAttributes): boolean => {
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

const describe = ({ kind, metadata, roleRef }: KubernetesObject, subject: any): string => {
  const binding = metadata.namespace ? `${metadata.name}/${metadata.namespace}` : metadata.name;
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace}` : subject.name;
  return `RBAC: allowed by ${kind} "${binding}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${who}"`;
};
