import { isEqual } from '../fields/typed-walk.js';
import type { KindRules } from '../kind-rules.js';
import { setPodSpecDefaults } from './pod-spec-defaults.js';
import { validatePodSpec } from './pod-spec-validation.js';

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';
/** Names of the same labels before Kubernetes 1.27, still written. */
const LEGACY_CONTROLLER_UID = 'controller-uid';
const LEGACY_JOB_NAME = 'job-name';

const setJobSpecDefaults = (spec: any): void => {
  setPodSpecDefaults(spec.template.spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= 6;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
};

const validateJobSpec = (spec: any, errors: any, path: string): void => {
  for (const field of ['parallelism', 'completions', 'backoffLimit', 'ttlSecondsAfterFinished'])
    if ((spec[field] ?? 0) < 0)
      errors.invalid(`${path}.${field}`, spec[field], 'must be greater than or equal to 0');
  if ((spec.activeDeadlineSeconds ?? 0) < 0)
    errors.invalid(
      `${path}.activeDeadlineSeconds`,
      spec.activeDeadlineSeconds,
      'must be greater than or equal to 0',
    );
  const policy = spec.template.spec.restartPolicy;
  validatePodSpec(spec.template.spec, errors, `${path}.template.spec`, [policy]);
  if (policy !== 'OnFailure' && policy !== 'Never')
    errors.notSupported(`${path}.template.spec.restartPolicy`, policy, ['OnFailure', 'Never']);
};

export const jobRules: KindRules = {
  setDefaults: ({ spec }) => setJobSpecDefaults(spec),
  prepareCreate(job) {
    const { spec, metadata } = job;
    job.status = {};
    if (spec.manualSelector) return;
    spec.template.metadata.labels = {
      ...spec.template.metadata.labels,
      [CONTROLLER_UID]: metadata.uid,
      [JOB_NAME]: metadata.name,
      [LEGACY_CONTROLLER_UID]: metadata.uid,
      [LEGACY_JOB_NAME]: metadata.name,
    };
    spec.selector = { matchLabels: { [CONTROLLER_UID]: metadata.uid } };
  },
  validate: ({ spec }, errors) => validateJobSpec(spec, errors, 'spec'),
  validateUpdate({ spec, status }, previous, errors) {
    for (const field of ['completions', 'selector', 'completionMode', 'podFailurePolicy'])
      if (!isEqual(spec[field], previous.spec[field]))
        errors.invalid(`spec.${field}`, spec[field], 'field is immutable');
    // A suspended Job that has not started may still be placed elsewhere.
    if (previous.spec.suspend && status?.startTime === undefined) return;
    if (!isEqual(spec.template, previous.spec.template))
      errors.invalid('spec.template', '<template>', 'field is immutable');
  },
};

export const cronJobRules: KindRules = {
  setDefaults({ spec }) {
    setJobSpecDefaults(spec.jobTemplate.spec);
    spec.concurrencyPolicy ??= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
  },
  validate({ spec }, errors) {
    if (!spec.schedule) errors.required('spec.schedule');
    if (!['Allow', 'Forbid', 'Replace'].includes(spec.concurrencyPolicy))
      errors.notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']);
    if ((spec.startingDeadlineSeconds ?? 0) < 0)
      errors.invalid(
        'spec.startingDeadlineSeconds',
        spec.startingDeadlineSeconds,
        'must be greater than or equal to 0',
      );
    validateJobSpec(spec.jobTemplate.spec, errors, 'spec.jobTemplate.spec');
  },
};
