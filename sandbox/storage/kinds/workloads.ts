import { isEqual } from '../fields/typed-walk.js';
import type { KindRules } from '../kind-rules.js';
import { setPodSpecDefaults } from './pod-spec-defaults.js';
import { validateIntOrPercent, validateWorkloadSpec } from './workload-validation.js';

export const deploymentRules: KindRules = {
  setDefaults({ spec }) {
    setPodSpecDefaults(spec.template.spec);
    spec.replicas ??= 1;
    spec.strategy.type ??= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
  },
  validate({ spec }, errors) {
    validateWorkloadSpec(spec, errors);
    const { type, rollingUpdate } = spec.strategy;
    if (type !== 'RollingUpdate' && type !== 'Recreate')
      errors.notSupported('spec.strategy.type', type, ['Recreate', 'RollingUpdate']);
    if (type === 'Recreate' && rollingUpdate)
      errors.forbidden(
        'spec.strategy.rollingUpdate',
        "may not be specified when strategy `type` is 'Recreate'",
      );
    if (type === 'RollingUpdate') {
      const at = 'spec.strategy.rollingUpdate';
      validateIntOrPercent(rollingUpdate.maxUnavailable, errors, `${at}.maxUnavailable`);
      validateIntOrPercent(rollingUpdate.maxSurge, errors, `${at}.maxSurge`);
      if (isZero(rollingUpdate.maxUnavailable) && isZero(rollingUpdate.maxSurge))
        errors.invalid(
          `${at}.maxUnavailable`,
          rollingUpdate.maxUnavailable,
          'may not be 0 when `maxSurge` is 0',
        );
    }
    if ((spec.minReadySeconds ?? 0) < 0)
      errors.invalid('spec.minReadySeconds', spec.minReadySeconds, 'must be greater than or equal to 0');
    if (spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0))
      errors.invalid(
        'spec.progressDeadlineSeconds',
        spec.progressDeadlineSeconds,
        'must be greater than minReadySeconds',
      );
  },
  validateUpdate({ spec }, previous, errors) {
    if (!isEqual(spec.selector, previous.spec.selector))
      errors.invalid('spec.selector', spec.selector, 'field is immutable');
  },
  isNewGeneration: (object, previous) =>
    !isEqual(object.spec, previous.spec) ||
    !isEqual(object.metadata.annotations, previous.metadata.annotations),
};

const isZero = (value: unknown): boolean => value === 0 || value === '0%';

export const replicaSetRules: KindRules = {
  setDefaults({ spec }) {
    setPodSpecDefaults(spec.template.spec);
    spec.replicas ??= 1;
  },
  validate({ spec }, errors) {
    validateWorkloadSpec(spec, errors);
  },
  validateUpdate({ spec }, previous, errors) {
    if (!isEqual(spec.selector, previous.spec.selector))
      errors.invalid('spec.selector', spec.selector, 'field is immutable');
  },
};

const CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export const statefulSetRules: KindRules = {
  setDefaults({ spec }) {
    setPodSpecDefaults(spec.template.spec);
    spec.replicas ??= 1;
    spec.podManagementPolicy ??= 'OrderedReady';
    spec.updateStrategy.type ??= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.partition ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ??= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ??= 'Retain';
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion = 'v1';
      claim.kind = 'PersistentVolumeClaim';
      claim.spec.volumeMode ??= 'Filesystem';
      claim.status.phase ??= 'Pending';
    }
  },
  validate({ spec }, errors) {
    // Claims of the templates are volumes that the controller adds to each pod.
    const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata: { name } }: any) => ({
      name,
      emptyDir: {},
    }));
    const { template } = spec;
    const volumes = [...(template.spec.volumes ?? []), ...claims];
    validateWorkloadSpec({ ...spec, template: { ...template, spec: { ...template.spec, volumes } } }, errors);
    if (!['OrderedReady', 'Parallel'].includes(spec.podManagementPolicy))
      errors.notSupported('spec.podManagementPolicy', spec.podManagementPolicy, ['OrderedReady', 'Parallel']);
  },
  validateUpdate({ spec }, previous, errors) {
    const fixed = (given: any): any =>
      Object.fromEntries(Object.entries(given).filter(([key]) => !CHANGEABLE.includes(key)));
    if (!isEqual(fixed(spec), fixed(previous.spec))) {
      const names = CHANGEABLE.map((name) => `'${name}'`);
      errors.forbidden(
        'spec',
        `updates to statefulset spec for fields other than ${names.slice(0, -1).join(', ')} and ${names.at(-1)} are forbidden`,
      );
    }
  },
};
