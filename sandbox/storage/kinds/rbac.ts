import { isEqual } from '../fields/typed-walk.js';
import type { KindRules } from '../kind-rules.js';

export const roleBindingRules: KindRules = {
  setDefaults(binding) {
    for (const subject of binding.subjects ?? []) {
      if (subject.kind !== 'ServiceAccount') subject.apiGroup ??= 'rbac.authorization.k8s.io';
    }
  },
  validate({ roleRef }, errors) {
    if (!roleRef.name) errors.required('roleRef.name');
    if (!['Role', 'ClusterRole'].includes(roleRef.kind))
      errors.notSupported('roleRef.kind', roleRef.kind ?? '', ['ClusterRole', 'Role']);
  },
  validateUpdate({ roleRef }, previous, errors) {
    if (!isEqual(roleRef, previous.roleRef)) {
      const { apiGroup, kind, name } = roleRef;
      errors.invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef');
    }
  },
};

export const roleRules: KindRules = {
  validate({ rules }, errors) {
    for (const [index, rule] of (rules ?? []).entries()) {
      if ((rule.verbs ?? []).length === 0)
        errors.required(`rules[${index}].verbs`, 'verbs must contain at least one value');
    }
  },
};
