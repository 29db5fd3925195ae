import type { Admission } from '../../storage/admission/admission.js';
import type { KubernetesObject } from '../../storage/api.js';
import { forbidden } from '../../storage/api-errors.js';
import { isEqual } from '../../storage/fields/typed-walk.js';
import type { Resource } from '../../storage/resource.js';
import type { Store } from '../../storage/store.js';
import { missingRules, type PolicyRule, ruleText } from './policy-rule.js';
import { decide, rulesFor, rulesOfRole } from './rbac.js';
import type { User } from './user.js';

const RBAC = 'rbac.authorization.k8s.io';

/**
 * Nobody may give what they do not have, unless they may `escalate` roles or `bind` this role
 * (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping).
 */
export const escalationCheck = (store: Store, user: User): Admission => ({
  validateCreate: (resource, object) => check(store, user, resource, object),
  validateUpdate: (resource, object, previous) => {
    if (!isEqual(object['rules'], previous['rules']) || !isEqual(object['subjects'], previous['subjects']))
      check(store, user, resource, object);
  },
});

const check = (store: Store, user: User, resource: Resource, object: KubernetesObject): void => {
  if (resource.group !== RBAC) return;
  const isBinding = resource.name.endsWith('bindings');
  const { namespace, name } = object.metadata;
  if (mayAnyway(store, user, resource, object, isBinding)) return;
  const given: readonly PolicyRule[] = isBinding ? rulesOfRole(store, object) : (object['rules'] ?? []);
  const missing = missingRules(given, rulesFor(store, user, namespace));
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const list = missing.map(ruleText).join('\n');
  throw forbidden(
    resource,
    name,
    `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${list}`,
  );
};

const mayAnyway = (
  store: Store,
  user: User,
  resource: Resource,
  { metadata: { namespace, name }, roleRef }: KubernetesObject,
  isBinding: boolean,
): boolean =>
  decide(store, user, {
    verb: isBinding ? 'bind' : 'escalate',
    group: RBAC,
    resource: !isBinding ? resource.name : roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles',
    namespace,
    name: isBinding ? roleRef.name : name,
  }).allowed;
