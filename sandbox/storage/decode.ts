import { badRequest } from './api-errors.js';
import { formatQuantity, parseQuantity } from './quantity.js';
import {
  droppedFalse,
  droppedZero,
  keptEmptyStrings,
  nullWhenAbsent,
  zeroWhenAbsent,
} from './schema/go-facts.js';
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
 */
export const decode = (model: string, given: unknown): Decoded => {
  const unknown: string[] = [];
  if (!isObject(given)) throw new DecodeError(`json: cannot unmarshal ${goKind(given)} into Go value`);
  return { object: readStruct(structType(model), given, '', unknown), unknown };
};

/** Decodes, and says what could not be handled as which kind. */
export const decodeKind = (kind: string, version: string, model: string, given: unknown): Decoded => {
  try {
    return decode(model, given);
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
): any => {
  const object: Record<string, unknown> = {};
  const inside = new Map<string, string[]>();
  for (const field of type.fields.values()) {
    const problems: string[] = [];
    const own = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
    const value = readField(type, field, own, joinPath(path, field.name), problems);
    if (value !== undefined) object[field.name] = value;
    inside.set(field.name, problems);
  }
  // In the order of the document, as the real server lists them.
  for (const key of Object.keys(given)) unknown.push(...(inside.get(key) ?? [joinPath(path, key)]));
  return object;
};

const joinPath = (path: string, name: string): string => (path ? `${path}.${name}` : name);

const readField = (
  type: StructType,
  field: Field,
  given: unknown,
  path: string,
  unknown: string[],
): unknown => {
  if (given === undefined || given === null) {
    if (field.always && field.shape.kind === 'struct')
      return readStruct(structType(field.shape.model), {}, path, []);
    if (nullWhenAbsent.has(field.id)) return null;
    return zeroWhenAbsent[field.id];
  }
  const value = readValue(field.shape, given, path, `${type.goName}.${path}`, unknown);
  return isOmitted(field, value) ? zeroWhenAbsent[field.id] : value;
};

/** What `omitempty` leaves out. */
const isOmitted = (field: Field, value: unknown): boolean => {
  if (value === '') return !keptEmptyStrings.has(field.name) && !keptEmptyStrings.has(field.id);
  if (value === false) return droppedFalse.has(field.name);
  if (value === 0) return droppedZero.has(field.name) || droppedZero.has(field.id);
  if (Array.isArray(value)) return value.length === 0 && !nullWhenAbsent.has(field.id);
  return field.shape.kind === 'map' && isObject(value) && Object.keys(value).length === 0;
};

const readValue = (
  shape: Shape,
  given: unknown,
  path: string,
  goPath: string,
  unknown: string[],
): unknown => {
  switch (shape.kind) {
    case 'scalar':
      return readScalar(shape.type, given, goPath);
    case 'struct':
      if (!isObject(given)) throw cannotUnmarshal(given, goPath, `v1.${structType(shape.model).goName}`);
      return readStruct(structType(shape.model), given, path, unknown);
    case 'list':
      if (!Array.isArray(given)) throw cannotUnmarshal(given, goPath, `[]${goType(shape.of)}`);
      return given.map((item, index) =>
        item === null && shape.of.kind !== 'struct'
          ? zeroOf(shape.of)
          : readValue(shape.of, item ?? {}, `${path}[${index}]`, goPath, unknown),
      );
    case 'map': {
      if (!isObject(given)) throw cannotUnmarshal(given, goPath, `map[string]${goType(shape.of)}`);
      const entries = Object.entries(given).map(([key, value]) => [
        key,
        value === null ? zeroOf(shape.of) : readValue(shape.of, value, `${path}.${key}`, goPath, unknown),
      ]);
      return Object.fromEntries(entries);
    }
  }
};

const zeroOf = (shape: Shape): unknown => (shape.kind === 'scalar' && shape.type === 'string' ? '' : null);

const readScalar = (type: ScalarType, given: unknown, goPath: string): unknown => {
  switch (type) {
    case 'any':
      return structuredClone(given);
    case 'boolean':
      if (typeof given !== 'boolean') throw cannotUnmarshal(given, goPath, 'bool');
      return given;
    case 'int32':
    case 'int64':
      if (typeof given !== 'number') throw cannotUnmarshal(given, goPath, type);
      if (!Number.isInteger(given) || (type === 'int32' && Math.abs(given) > 2147483648))
        throw new DecodeError(
          `json: cannot unmarshal number ${given} into Go struct field ${goPath} of type ${type}`,
        );
      return given;
    case 'float64':
      if (typeof given !== 'number') throw cannotUnmarshal(given, goPath, type);
      return given;
    case 'quantity':
      return readQuantity(given);
    case 'intOrString':
      if (typeof given !== 'string' && typeof given !== 'number')
        throw cannotUnmarshal(given, goPath, 'intstr.IntOrString');
      return given;
    case 'bytes':
      if (typeof given !== 'string') throw cannotUnmarshal(given, goPath, '[]uint8');
      return readBytes(given);
    case 'time':
    case 'microTime':
      return readTime(given, goPath);
    case 'string':
      if (typeof given !== 'string') throw cannotUnmarshal(given, goPath, 'string');
      return given;
  }
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

const readTime = (given: unknown, goPath: string): string => {
  if (typeof given !== 'string') throw cannotUnmarshal(given, goPath, 'string');
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(given))
    throw new DecodeError(
      `parsing time ${JSON.stringify(given)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(given)} as "2006"`,
    );
  return given;
};

const cannotUnmarshal = (given: unknown, goPath: string, type: string): DecodeError =>
  new DecodeError(`json: cannot unmarshal ${goKind(given)} into Go struct field ${goPath} of type ${type}`);

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
