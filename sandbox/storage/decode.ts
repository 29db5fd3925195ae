import { badRequest } from './api-errors.js';
import { formatQuantity, parseQuantity } from './quantity.js';
import { type Field, type ScalarType, type Shape, type StructType, structType } from './schema/schema.js';

/** A value that the Go decoder refuses. The message lacks what kind was being decoded. */
export class DecodeError extends Error {}

export interface Decoded {
  readonly object: any;
  /** Paths of fields that the kind does not have; they are dropped. */
  readonly unknown: readonly string[];
}

/**
 * Reads an object as the Go server does: unknown fields dropped, wrong types refused, quantities made canonical,
 * zero values and empty lists left out and value structs put in. Never changes what it was given.
 *
 * `known` is something decoded before. Values that are given by reference as they are there are taken over, frozen
 * or not: who changes the result must not touch them.
 */
export const decode = (model: string, given: unknown, known?: object): Decoded => {
  const unknown: string[] = [];
  if (!isObject(given)) throw new DecodeError(`json: cannot unmarshal ${goKind(given)} into Go value`);
  return { object: readStruct(structType(model), given, '', unknown, known), unknown };
};

/** Decodes, and says what could not be handled as which kind. */
export const decodeKind = (
  kind: string,
  version: string,
  model: string,
  given: unknown,
  known?: object,
): Decoded => {
  try {
    return decode(model, given, known);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readStruct = (
  type: StructType,
  given: Record<string, unknown>,
  path: string,
  unknown: string[],
  known?: any,
): any => {
  const object: Record<string, unknown> = {};
  let inside: Map<string, string[]> | undefined;
  for (const field of type.list) {
    const own = given[field.name];
    const before = known?.[field.name];
    if (own !== undefined && own === before) {
      object[field.name] = own;
      continue;
    }
    // Most fields of most objects are absent or plain: for these nothing is made that only messages need.
    if (own === undefined && !field.always && field.whenAbsent === undefined) continue;
    if (isPlain(field.shape, own)) {
      const value = isOmitted(field, own) ? field.whenOmitted : own;
      if (value !== undefined) object[field.name] = value;
      continue;
    }
    const problems: string[] = [];
    const value = readField(type, field, own, joinPath(path, field.name), problems, before);
    if (value !== undefined) object[field.name] = value;
    if (problems.length > 0) {
      inside ??= new Map();
      inside.set(field.name, problems);
    }
  }
  // In the order of the document, as the real server lists them.
  for (const key in given) {
    if (!type.fields.has(key)) unknown.push(joinPath(path, key));
    else if (inside?.has(key)) unknown.push(...(inside.get(key) as string[]));
  }
  return object;
};

/** A value that is right as it is. */
const isPlain = (shape: Shape, value: unknown): boolean => {
  if (shape.kind !== 'scalar') return false;
  if (shape.type === 'string') return typeof value === 'string';
  return shape.type === 'boolean' && typeof value === 'boolean';
};

const joinPath = (path: string, name: string): string => (path ? `${path}.${name}` : name);

const readField = (
  type: StructType,
  field: Field,
  given: unknown,
  path: string,
  unknown: string[],
  known: unknown,
): unknown => {
  if (given === undefined || given === null) {
    if (field.always && field.shape.kind === 'struct')
      return readStruct(structType(field.shape.model), {}, path, []);
    return field.whenAbsent;
  }
  const value = readValue(field.shape, given, path, { goName: type.goName, path }, unknown, known);
  return isOmitted(field, value) ? field.whenOmitted : value;
};

/** What `omitempty` leaves out. */
const isOmitted = ({ omits, shape }: Field, value: unknown): boolean => {
  if (value === '') return omits.emptyString;
  if (value === false) return omits.false;
  if (value === 0) return omits.zero;
  if (Array.isArray(value)) return value.length === 0 && omits.emptyList;
  return shape.kind === 'map' && isObject(value) && Object.keys(value).length === 0;
};

/** The field that error messages name, also for what is inside its lists and maps. */
interface GoField {
  readonly goName: string;
  readonly path: string;
}

const readValue = (
  shape: Shape,
  given: unknown,
  path: string,
  inField: GoField,
  unknown: string[],
  known?: unknown,
): unknown => {
  switch (shape.kind) {
    case 'scalar':
      return readScalar(shape.type, given, inField);
    case 'struct':
      if (!isObject(given)) throw cannotUnmarshal(given, inField, `v1.${structType(shape.model).goName}`);
      return readStruct(structType(shape.model), given, path, unknown, known);
    case 'list':
      if (!Array.isArray(given)) throw cannotUnmarshal(given, inField, `[]${goType(shape.of)}`);
      return given.map((item, index) =>
        item === null && shape.of.kind !== 'struct'
          ? zeroOf(shape.of)
          : readValue(shape.of, item ?? {}, `${path}[${index}]`, inField, unknown),
      );
    case 'map': {
      if (!isObject(given)) throw cannotUnmarshal(given, inField, `map[string]${goType(shape.of)}`);
      const entries = Object.entries(given).map(([key, value]) => [
        key,
        value === null ? zeroOf(shape.of) : readValue(shape.of, value, `${path}.${key}`, inField, unknown),
      ]);
      return Object.fromEntries(entries);
    }
  }
};

const zeroOf = (shape: Shape): unknown => (shape.kind === 'scalar' && shape.type === 'string' ? '' : null);

const readScalar = (type: ScalarType, given: unknown, inField: GoField): unknown => {
  switch (type) {
    case 'any':
      return copyJson(given);
    case 'boolean':
      if (typeof given !== 'boolean') throw cannotUnmarshal(given, inField, 'bool');
      return given;
    case 'int32':
    case 'int64':
      if (typeof given !== 'number') throw cannotUnmarshal(given, inField, type);
      if (!Number.isInteger(given) || (type === 'int32' && Math.abs(given) > 2147483648))
        throw new DecodeError(
          `json: cannot unmarshal number ${given} into Go struct field ${inField.goName}.${inField.path} of type ${type}`,
        );
      return given;
    case 'float64':
      if (typeof given !== 'number') throw cannotUnmarshal(given, inField, type);
      return given;
    case 'quantity':
      return readQuantity(given);
    case 'intOrString':
      if (typeof given !== 'string' && typeof given !== 'number')
        throw cannotUnmarshal(given, inField, 'intstr.IntOrString');
      return given;
    case 'bytes':
      if (typeof given !== 'string') throw cannotUnmarshal(given, inField, '[]uint8');
      return readBytes(given);
    case 'time':
    case 'microTime':
      return readTime(given, inField);
    case 'string':
      if (typeof given !== 'string') throw cannotUnmarshal(given, inField, 'string');
      return given;
  }
};

/** JSON has nothing that structuredClone would be needed for, which takes ten times as long. */
export const copyJson = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyJson(inner)])) as T;
};

const readQuantity = (given: unknown): string => {
  const parsed = typeof given === 'string' || typeof given === 'number' ? parseQuantity(given) : undefined;
  if (!parsed)
    throw new DecodeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  return formatQuantity(parsed);
};

const readBytes = (given: string): string => {
  const body = given.replace(/[\r\n]/g, '');
  const bad = body.search(/[^A-Za-z0-9+/=]/);
  if (bad >= 0) throw new DecodeError(`illegal base64 data at input byte ${bad}`);
  const padding = body.indexOf('=');
  if (
    body.length % 4 !== 0 ||
    (padding >= 0 && !/={1,2}$/.test(body)) ||
    body.length - body.replace(/=+$/, '').length > 2
  )
    throw new DecodeError(
      `illegal base64 data at input byte ${Math.max(0, body.length - (body.length % 4 || 4))}`,
    );
  return body;
};

const readTime = (given: unknown, inField: GoField): string => {
  if (typeof given !== 'string') throw cannotUnmarshal(given, inField, 'string');
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(given))
    throw new DecodeError(
      `parsing time ${JSON.stringify(given)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(given)} as "2006"`,
    );
  return given;
};

const cannotUnmarshal = (given: unknown, { goName, path }: GoField, type: string): DecodeError =>
  new DecodeError(
    `json: cannot unmarshal ${goKind(given)} into Go struct field ${goName}.${path} of type ${type}`,
  );

export const goKind = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
};

const goType = (shape: Shape): string => {
  if (shape.kind === 'struct') return `v1.${structType(shape.model).goName}`;
  if (shape.kind === 'scalar') return shape.type === 'boolean' ? 'bool' : shape.type;
  return shape.kind === 'list' ? `[]${goType(shape.of)}` : `map[string]${goType(shape.of)}`;
};
