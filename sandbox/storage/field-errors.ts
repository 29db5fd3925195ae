import { ApiError } from './api.js';

export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotFound'
  | 'InternalError';

export interface FieldError {
  readonly reason: FieldErrorReason;
  readonly message: string;
  readonly field: string;
}

/** Collects what is wrong with an object, in the words of the real server. */
export class FieldErrors {
  readonly list: FieldError[] = [];

  add(reason: FieldErrorReason, field: string, message: string): void {
    this.list.push({ reason, message, field });
  }

  required(field: string, detail?: string): void {
    this.add('FieldValueRequired', field, detail ? `Required value: ${detail}` : 'Required value');
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.add('FieldValueInvalid', field, `Invalid value: ${goValue(value)}: ${detail}`);
  }

  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const names = [...supported].sort().map((name) => `"${name}"`);
    this.add(
      'FieldValueNotSupported',
      field,
      `Unsupported value: ${goValue(value)}: supported values: ${names.join(', ')}`,
    );
  }

  forbidden(field: string, detail: string): void {
    this.add('FieldValueForbidden', field, `Forbidden: ${detail}`);
  }

  duplicate(field: string, value: unknown): void {
    this.add('FieldValueDuplicate', field, `Duplicate value: ${goValue(value)}`);
  }

  throwIfAny(of: { kind: string; group: string; name: string }): void {
    if (this.list.length > 0) throw invalidObject(of, this.list);
  }
}

export const goValue = (value: unknown): string => (value === undefined ? 'null' : JSON.stringify(value));

export const invalidObject = (
  { kind, group, name }: { kind: string; group: string; name: string },
  errors: readonly FieldError[],
): ApiError => {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  const unique = [...new Set(texts)];
  const what = unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${group ? `${kind}.${group}` : kind} "${name}" is invalid: ${what}`, {
    ...(name ? { name } : {}),
    ...(group ? { group } : {}),
    ...(kind ? { kind } : {}),
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
};
