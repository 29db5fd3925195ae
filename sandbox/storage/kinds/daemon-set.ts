import { isEqual } from '../fields/typed-walk.js';
import type { KindRules } from '../kind-rules.js';
import { setPodSpecDefaults } from './pod-spec-defaults.js';
import { validateIntOrPercent, validateWorkloadSpec } from './workload-validation.js';

export const daemonSetRules: KindRules = {
  setDefaults({ spec }) {
    setPodSpecDefaults(spec.template.spec);
    spec.updateStrategy.type ??= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
  },
  validate({ spec }, errors) {
    validateWorkloadSpec(spec, errors);
    const { type, rollingUpdate } = spec.updateStrategy;
    if (type !== 'RollingUpdate' && type !== 'OnDelete')
      errors.notSupported('spec.updateStrategy.type', type, ['OnDelete', 'RollingUpdate']);
    if (type !== 'RollingUpdate') return;
    const at = 'spec.updateStrategy.rollingUpdate';
    validateIntOrPercent(rollingUpdate.maxUnavailable, errors, `${at}.maxUnavailable`);
    validateIntOrPercent(rollingUpdate.maxSurge, errors, `${at}.maxSurge`);
  },
  validateUpdate({ spec }, previous, errors) {
    if (!isEqual(spec.selector, previous.spec.selector))
      errors.invalid('spec.selector', spec.selector, 'field is immutable');
  },
};
