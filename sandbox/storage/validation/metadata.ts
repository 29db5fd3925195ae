import type { FieldErrors } from '../field-errors.js';
import type { Resource } from '../resource.js';
import {
  labelProblems,
  labelValueProblems,
  pathSegmentProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from './names.js';

const ANNOTATIONS_LIMIT = 256 * 1024;

const nameRules = { label: labelProblems, subdomain: subdomainProblems, 'path segment': pathSegmentProblems };

export const validateMetadata = (
  kind: Resource,
  metadata: any,
  errors: FieldErrors,
  path = 'metadata',
): void => {
  const problemsOf = nameRules[kind.nameIs];
  if (metadata.generateName) {
    const base = (metadata.generateName as string).replace(/-$/, 'a');
    for (const problem of problemsOf(base))
      errors.invalid(`${path}.generateName`, metadata.generateName, problem);
  }
  if (!metadata.name) errors.required(`${path}.name`, 'name or generateName is required');
  else {
    if (kind.name === 'namespaces' && metadata.name.includes('.'))
      errors.invalid(`${path}.name`, metadata.name, 'must not contain dots');
    else
      for (const problem of problemsOf(metadata.name)) errors.invalid(`${path}.name`, metadata.name, problem);
  }
  validateLabels(metadata.labels, errors, `${path}.labels`);
  validateAnnotations(metadata.annotations, errors, `${path}.annotations`);
  for (const [index, name] of (metadata.finalizers ?? []).entries()) {
    for (const problem of qualifiedNameProblems(name))
      errors.invalid(`${path}.finalizers[${index}]`, name, problem);
  }
};

export const validateLabels = (
  labels: Record<string, string> | undefined,
  errors: FieldErrors,
  path: string,
): void => {
  for (const key of Object.keys(labels ?? {}).sort()) {
    for (const problem of qualifiedNameProblems(key)) errors.invalid(path, key, problem);
    const value = labels?.[key] ?? '';
    for (const problem of labelValueProblems(value)) errors.invalid(path, value, problem);
  }
};

export const validateAnnotations = (
  annotations: Record<string, string> | undefined,
  errors: FieldErrors,
  path: string,
): void => {
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const problem of qualifiedNameProblems(key.toLowerCase())) errors.invalid(path, key, problem);
    size += key.length + value.length;
  }
  if (size > ANNOTATIONS_LIMIT)
    errors.add('FieldValueTooLong', path, `Too long: may not be more than ${ANNOTATIONS_LIMIT} bytes`);
};

export const validateMetadataUpdate = (metadata: any, previous: any, errors: FieldErrors): void => {
  if (previous.deletionTimestamp !== undefined) {
    const known = new Set(previous.finalizers ?? []);
    const added = (metadata.finalizers ?? []).filter((name: string) => !known.has(name));
    // The real server finds this twice, and says so in the causes.
    for (const _time of added.length > 0 ? [1, 2] : [])
      errors.forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name: string) => `"${name}"`).join(', ')}}`,
      );
  }
};
