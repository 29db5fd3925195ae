import type { FieldErrors } from '../field-errors.js';
import { isEqual } from '../fields/typed-walk.js';
import type { KindRules } from '../kind-rules.js';
import { configKeyProblems } from '../validation/names.js';

/** Of what the values are, however they are written. */
const SIZE_LIMIT = 1024 * 1024;

const validateKeys = (
  data: Record<string, string> | undefined,
  errors: FieldErrors,
  path: string,
  encoding: 'utf8' | 'base64',
): number => {
  let size = 0;
  for (const [key, value] of Object.entries(data ?? {})) {
    for (const problem of configKeyProblems(key)) errors.invalid(`${path}[${key}]`, key, problem);
    size += Buffer.byteLength(value, encoding);
  }
  return size;
};

const validateSize = (size: number, errors: FieldErrors, path: string): void => {
  if (size > SIZE_LIMIT)
    errors.add('FieldValueTooLong', path, `Too long: may not be more than ${SIZE_LIMIT} bytes`);
};

const validateImmutable = (
  object: any,
  previous: any,
  fields: readonly string[],
  errors: FieldErrors,
): void => {
  if (!previous.immutable) return;
  if (!object.immutable) errors.forbidden('immutable', 'field is immutable when `immutable` is set');
  for (const field of fields) {
    if (!isEqual(object[field], previous[field]))
      errors.forbidden(field, 'field is immutable when `immutable` is set');
  }
};

export const configMapRules: KindRules = {
  validate(object, errors) {
    const size =
      validateKeys(object.data, errors, 'data', 'utf8') +
      validateKeys(object.binaryData, errors, 'binaryData', 'base64');
    for (const key of Object.keys(object.data ?? {})) {
      if (object.binaryData && Object.hasOwn(object.binaryData, key))
        errors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    }
    validateSize(size, errors, '');
  },
  validateUpdate(object, previous, errors) {
    validateImmutable(object, previous, ['data', 'binaryData'], errors);
  },
};

/** Types of secrets that must have certain keys. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export const secretRules: KindRules = {
  setDefaults(object) {
    object.type ??= 'Opaque';
    if (object.stringData) {
      const encoded = Object.entries<string>(object.stringData).map(([key, value]) => [
        key,
        Buffer.from(value).toString('base64'),
      ]);
      object.data = { ...object.data, ...Object.fromEntries(encoded) };
      delete object.stringData;
    }
  },
  validate(object, errors) {
    const size = validateKeys(object.data, errors, 'data', 'base64');
    for (const key of requiredKeys[object.type] ?? []) {
      if (object.data?.[key] === undefined) errors.required(`data[${key}]`);
    }
    if (object.type === 'kubernetes.io/basic-auth' && !object.data?.username && !object.data?.password)
      errors.required('data[username]');
    validateSize(size, errors, 'data');
  },
  validateUpdate(object, previous, errors) {
    if (object.type !== previous.type) errors.invalid('type', object.type, 'field is immutable');
    validateImmutable(object, previous, ['data'], errors);
  },
};
