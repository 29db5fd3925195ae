import { isEqual } from '../fields/typed-walk.js';
import type { KindRules } from '../kind-rules.js';
import { quantity } from '../quantity.js';

const QUOTA_RESOURCES = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);

export const resourceQuotaRules: KindRules = {
  validate({ spec }, errors) {
    for (const [name, amount] of Object.entries<string>(spec.hard ?? {})) {
      const at = `spec.hard[${name}]`;
      if (!QUOTA_RESOURCES.has(name) && !name.includes('/')) {
        errors.invalid(at, name, 'must be a standard resource type or fully qualified');
        errors.invalid(at, name, 'must be a standard resource for quota');
      }
      if (quantity(amount).nano < 0n) errors.invalid(at, amount, 'must be greater than or equal to 0');
    }
  },
  validateUpdate({ spec }, previous, errors) {
    if (!isEqual(spec.scopes, previous.spec.scopes))
      errors.invalid('spec.scopes', spec.scopes, 'field is immutable');
  },
};

export const limitRangeRules: KindRules = {
  setDefaults({ spec }) {
    for (const limit of spec.limits ?? []) {
      if (limit.type !== 'Container') continue;
      // The maximum is the default limit, a default limit the default request, a minimum the last resort.
      const defaults = { ...limit.max, ...limit.default };
      const requests = { ...limit.min, ...defaults, ...limit.defaultRequest };
      if (Object.keys(defaults).length > 0) limit.default = defaults;
      if (Object.keys(requests).length > 0) limit.defaultRequest = requests;
    }
  },
  validate({ spec }, errors) {
    for (const [index, limit] of (spec.limits ?? []).entries()) {
      for (const [name, max] of Object.entries<string>(limit.max ?? {})) {
        const at = `spec.limits[${index}]`;
        const request = limit.defaultRequest?.[name];
        const fallback = limit.default?.[name];
        if (request !== undefined && exceeds(request, max))
          errors.invalid(
            `${at}.defaultRequest[${name}]`,
            request,
            `default request value ${request} is greater than max value ${max}`,
          );
        // The real server shows the maximum as the invalid value here.
        if (fallback !== undefined && exceeds(fallback, max))
          errors.invalid(
            `${at}.default[${name}]`,
            max,
            `default value ${fallback} is greater than max value ${max}`,
          );
        const min = limit.min?.[name];
        if (min !== undefined && exceeds(min, max))
          errors.invalid(`${at}.min[${name}]`, min, `min value ${min} is greater than max value ${max}`);
      }
    }
  },
};

const exceeds = (a: string, b: string): boolean => quantity(a).nano > quantity(b).nano;

export const podDisruptionBudgetRules: KindRules = {
  validate({ spec }, errors) {
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
      errors.invalid(
        'spec',
        {
          MinAvailable: spec.minAvailable,
          Selector: spec.selector ?? null,
          MaxUnavailable: spec.maxUnavailable,
          UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
        },
        'minAvailable and maxUnavailable cannot be both set',
      );
  },
};

const setScalingDefaults = (rules: any, policies: object[]): any => ({
  selectPolicy: 'Max',
  ...rules,
  policies: rules?.policies ?? policies,
});

export const horizontalPodAutoscalerRules: KindRules = {
  setDefaults({ spec }) {
    if (spec.behavior) {
      const percent = { type: 'Percent', value: 100, periodSeconds: 15 };
      const pods = { type: 'Pods', value: 4, periodSeconds: 15 };
      const up = { stabilizationWindowSeconds: 0, ...spec.behavior.scaleUp };
      spec.behavior.scaleUp = setScalingDefaults(up, [pods, percent]);
      spec.behavior.scaleDown = setScalingDefaults(spec.behavior.scaleDown, [percent]);
    }
    spec.minReplicas ??= 1;
    spec.metrics ??= [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ];
  },
  validate({ spec }, errors) {
    const { scaleTargetRef: target, minReplicas, maxReplicas = 0 } = spec;
    if (minReplicas < 1)
      errors.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1');
    if (maxReplicas < 1) errors.required('spec.maxReplicas', 'must be set and greater than 0');
    if (maxReplicas < minReplicas)
      errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
    if (!target.kind) errors.required('spec.scaleTargetRef.kind');
    if (!target.name) errors.required('spec.scaleTargetRef.name');
    if (!target.apiVersion && target.kind !== 'ReplicationController')
      errors.invalid(
        'spec.scaleTargetRef.apiVersion',
        target.apiVersion ?? '',
        'apiVersion must specify API group',
      );
    for (const [index, { resource }] of spec.metrics.entries()) {
      const utilization = resource?.target.averageUtilization;
      if (utilization !== undefined && utilization < 1)
        errors.invalid(
          `spec.metrics[${index}].resource.target.averageUtilization`,
          utilization,
          'must be greater than 0',
        );
    }
    if (minReplicas === 0)
      errors.forbidden(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      );
  },
};

export const eventRules: KindRules = {
  validate({ metadata, involvedObject }, errors) {
    const where = involvedObject.namespace ?? 'default';
    if (where !== metadata.namespace)
      errors.invalid(
        'involvedObject.namespace',
        involvedObject.namespace ?? '',
        'does not match event.namespace',
      );
  },
};

export const endpointSliceRules: KindRules = {
  setDefaults(slice) {
    for (const port of slice.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  isNewGeneration: (object, previous) =>
    !isEqual(object.endpoints, previous.endpoints) ||
    !isEqual(object.ports, previous.ports) ||
    !isEqual(object.metadata.labels, previous.metadata.labels),
};

export const endpointsRules: KindRules = {
  setDefaults(endpoints) {
    for (const subset of endpoints.subsets ?? [])
      for (const port of subset.ports ?? []) port.protocol ??= 'TCP';
  },
};
