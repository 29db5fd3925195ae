import type { FieldErrors } from '../field-errors.js';
import { matchesLabelSelector } from '../label-selector.js';
import { validateAnnotations, validateLabels } from '../validation/metadata.js';
import { validatePodSpec } from './pod-spec-validation.js';

/** What Deployment, ReplicaSet and StatefulSet have in common: replicas, selector and template. */
export const validateWorkloadSpec = (spec: any, errors: FieldErrors): void => {
  if (spec.replicas < 0) errors.invalid('spec.replicas', spec.replicas, 'must be greater than or equal to 0');
  if (!spec.selector) errors.required('spec.selector');
  else if (isEmptySelector(spec.selector))
    errors.invalid('spec.selector', spec.selector, 'empty selector is invalid for deployment');
  else validateSelector(spec.selector, errors);
  const labels = spec.template.metadata.labels;
  if (!matchesLabelSelector(labels, spec.selector))
    errors.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
  validateLabels(labels, errors, 'spec.template.labels');
  validateAnnotations(spec.template.metadata.annotations, errors, 'spec.template.annotations');
  const policy = spec.template.spec.restartPolicy;
  validatePodSpec(spec.template.spec, errors, 'spec.template.spec', [policy]);
  if (policy !== 'Always') errors.notSupported('spec.template.spec.restartPolicy', policy, ['Always']);
};

export const validateIntOrPercent = (value: unknown, errors: FieldErrors, field: string): void => {
  if (typeof value === 'number' && value < 0)
    errors.invalid(field, value, 'must be greater than or equal to 0');
  if (typeof value === 'string' && !/^\d+%$/.test(value))
    errors.invalid(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    );
};

const isEmptySelector = ({ matchLabels, matchExpressions }: any): boolean =>
  Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;

const validateSelector = (selector: any, errors: FieldErrors): void => {
  validateLabels(selector.matchLabels, errors, 'spec.selector.matchLabels');
  const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
  for (const [index, { operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const at = `spec.selector.matchExpressions[${index}]`;
    if (!operators.includes(operator))
      errors.invalid(`${at}.operator`, operator, 'not a valid selector operator');
    else if (operator.endsWith('In') && values.length === 0)
      errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
  }
};
