import { isEqual } from '../fields/typed-walk.js';
import type { KindRules } from '../kind-rules.js';
import { setPodSpecDefaults, setRequestsFromLimits } from './pod-spec-defaults.js';
import { validatePodSpec } from './pod-spec-validation.js';

export const podRules: KindRules = {
  setDefaults(pod) {
    setPodSpecDefaults(pod.spec);
    setRequestsFromLimits(pod.spec);
    pod.spec.enableServiceLinks ??= true;
  },
  prepareCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec) };
  },
  // Being given a node is no change of what the pod should be.
  isNewGeneration: (pod, previous) =>
    !isEqual({ ...pod.spec, nodeName: undefined }, { ...previous.spec, nodeName: undefined }),
  validate(pod, errors) {
    validatePodSpec(pod.spec, errors, 'spec');
  },
  validateUpdate(pod, previous, errors) {
    const comparable = (spec: any): any => ({
      ...spec,
      containers: spec.containers?.map(withoutImage),
      initContainers: spec.initContainers?.map(withoutImage),
      activeDeadlineSeconds: undefined,
      terminationGracePeriodSeconds: undefined,
      tolerations: undefined,
      nodeName: undefined,
      ephemeralContainers: undefined,
    });
    for (const { name, ...before } of previous.spec.ephemeralContainers ?? []) {
      const now = pod.spec.ephemeralContainers?.find((each: any) => each.name === name);
      if (!now || !isEqual(now, { name, ...before }))
        errors.forbidden(
          'spec.ephemeralContainers',
          `existing ephemeral containers ${JSON.stringify(name)} may not be ${now ? 'changed' : 'removed'}`,
        );
    }
    if (!isEqual(comparable(pod.spec), comparable(previous.spec)))
      errors.forbidden(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      );
  },
};

const withoutImage = ({ image: _image, ...container }: any): any => container;

/** Guaranteed, Burstable or BestEffort, by requests and limits. */
export const qosClass = (spec: any): string => {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const amounts = (container: any, kind: string): [string, string][] =>
    Object.entries<string>(container.resources?.[kind] ?? {}).filter(
      ([name]) => name === 'cpu' || name === 'memory',
    );
  const hasAny = containers.some(
    (container) => amounts(container, 'requests').length + amounts(container, 'limits').length > 0,
  );
  if (!hasAny) return 'BestEffort';
  const isGuaranteed = containers.every((container) => {
    const limits = Object.fromEntries(amounts(container, 'limits'));
    const requests = { ...limits, ...Object.fromEntries(amounts(container, 'requests')) };
    return limits['cpu'] !== undefined && limits['memory'] !== undefined && isEqual(limits, requests);
  });
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
};
