import type { KubernetesObject } from '../../storage/api.js';
import { keyOf, type Store } from '../../storage/store.js';
import { type PolicyRule, ruleCovers, ruleCoversPath } from './policy-rule.js';
import { MASTERS, type ResourceAttributes, type User } from './user.js';

export interface Decision {
  readonly allowed: boolean;
  /** Which binding allows it. */
  readonly reason?: string;
}

interface Grant {
  readonly binding: KubernetesObject;
  readonly subject: any;
  readonly rules: readonly PolicyRule[];
}

const SERVICE_ACCOUNT = 'system:serviceaccount:';

/** Role-based access control over the stored roles and bindings. */
export const decide = (store: Store, user: User, attributes: ResourceAttributes): Decision => {
  if (user.groups.includes(MASTERS)) return { allowed: true };
  for (const { binding, subject, rules } of grantsOf(store, user, attributes.namespace)) {
    if (rules.some((rule) => ruleCovers(rule, attributes)))
      return { allowed: true, reason: describe(binding, subject) };
  }
  return { allowed: false };
};

/** The same for a path that is no resource. */
export const decidePath = (store: Store, user: User, verb: string, path: string): Decision => {
  if (user.groups.includes(MASTERS)) return { allowed: true };
  for (const { binding, subject, rules } of grantsOf(store, user, undefined)) {
    if (rules.some((rule) => ruleCoversPath(rule, verb, path)))
      return { allowed: true, reason: describe(binding, subject) };
  }
  return { allowed: false };
};

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** All rules that hold for the user, cluster-wide and in the namespace. */
export const rulesFor = (store: Store, user: User, namespace: string | undefined): readonly PolicyRule[] =>
  user.groups.includes(MASTERS)
    ? EVERYTHING
    : [...grantsOf(store, user, namespace)].flatMap(({ rules }) => rules);

/** Whether a cluster-wide binding gives the user this verb on anything. */
export const hasRuleFor = (store: Store, user: User, verb: string): boolean =>
  rulesFor(store, user, undefined).some(({ verbs }) => verbs.includes(verb) || verbs.includes('*'));

/** The rules of a role that a binding names; none when there is no such role. */
export const rulesOfRole = (store: Store, binding: KubernetesObject): readonly PolicyRule[] => {
  const { kind, name } = binding['roleRef'];
  const role =
    kind === 'ClusterRole'
      ? store.get('clusterroles', name)
      : store.get('roles', keyOf(binding.metadata.namespace, name));
  return role?.['rules'] ?? [];
};

function* grantsOf(store: Store, user: User, namespace: string | undefined): Generator<Grant> {
  yield* grantsIn(store, store.list('clusterrolebindings'), user);
  if (namespace !== undefined) yield* grantsIn(store, store.list('rolebindings', namespace), user);
}

function* grantsIn(store: Store, bindings: readonly KubernetesObject[], user: User): Generator<Grant> {
  for (const binding of bindings) {
    const subject = (binding['subjects'] ?? []).find((each: any) => isSubject(each, user));
    if (subject) yield { binding, subject, rules: rulesOfRole(store, binding) };
  }
}

const isSubject = ({ kind, name, namespace }: any, user: User): boolean => {
  if (kind === 'User') return user.name === name;
  if (kind === 'Group') return user.groups.includes(name);
  return kind === 'ServiceAccount' && user.name === `${SERVICE_ACCOUNT}${namespace}:${name}`;
};

const describe = ({ kind, metadata, roleRef }: KubernetesObject, subject: any): string => {
  const binding = metadata.namespace ? `${metadata.name}/${metadata.namespace}` : metadata.name;
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace}` : subject.name;
  return `RBAC: allowed by ${kind} "${binding}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${who}"`;
};
