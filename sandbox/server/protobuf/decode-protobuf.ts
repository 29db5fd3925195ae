import { type ScalarType, type Shape, type StructType, structType } from '../../storage/schema/schema.js';
import { layoutOf, type MessageLayout } from './message-layout.js';
import { WireError, type WireField, wireFields } from './wire.js';

/** What a Protobuf message says, as the JSON of the same object. Unknown fields are dropped. Throws WireError. */
export const decodeProtobuf = (model: string, message: Buffer): Record<string, unknown> => {
  const layout = layoutOf(model);
  if (!layout) throw new WireError(`the sandbox does not read ${model} as Protobuf`);
  const object: Record<string, unknown> = {};
  readInto(object, structType(model), layout, message);
  return object;
};

const readInto = (
  object: Record<string, unknown>,
  type: StructType,
  layout: MessageLayout,
  message: Buffer,
): void => {
  for (const field of wireFields(message)) {
    const entry = layout.get(field.number);
    if (entry === undefined) continue;
    if (typeof entry !== 'string') {
      readInto(object, type, entry, field.bytes);
      continue;
    }
    const shape = type.fields.get(entry)?.shape;
    if (!shape) continue;
    if (shape.kind === 'list')
      object[entry] = [...((object[entry] as unknown[]) ?? []), readValue(shape.of, field)];
    else if (shape.kind === 'map')
      object[entry] = { ...(object[entry] as object), ...readEntry(shape.of, field) };
    else if (!isZeroTarget(type, entry, field)) object[entry] = readValue(shape, field);
  }
};

/** The one number or string that Go holds by value: without it, it is written as 0 and means none. */
const isZeroTarget = ({ model }: StructType, name: string, field: WireField): boolean =>
  model === 'V1ServicePort' && name === 'targetPort' && readIntOrString(field.bytes) === 0;

const readEntry = (shape: Shape, { bytes }: WireField): Record<string, unknown> => {
  let key = '';
  let value: unknown = shape.kind === 'scalar' ? '' : {};
  for (const field of wireFields(bytes)) {
    if (field.number === 1) key = field.bytes.toString();
    else if (field.number === 2) value = readValue(shape, field);
  }
  return { [key]: value };
};

const readValue = (shape: Shape, field: WireField): unknown => {
  switch (shape.kind) {
    case 'scalar':
      return readScalar(shape.type, field);
    case 'struct':
      return decodeProtobuf(shape.model, field.bytes);
    case 'list':
      // Inside a map, a list is wrapped in a message of one repeated field.
      return [...wireFields(field.bytes)].map((item) => readValue(shape.of, item));
    case 'map':
      throw new WireError('maps of maps are not used by Kubernetes');
  }
};

const readScalar = (type: ScalarType, { integer, bytes }: WireField): unknown => {
  switch (type) {
    case 'string':
      return bytes.toString();
    case 'bytes':
      return bytes.toString('base64');
    case 'boolean':
      return integer !== 0n;
    case 'int32':
    case 'int64':
      return Number(BigInt.asIntN(64, integer ?? 0n));
    case 'float64':
      return bytes.readDoubleLE();
    case 'quantity':
      return firstBytes(bytes).toString();
    case 'time':
    case 'microTime':
      return readTime(type, bytes);
    case 'intOrString':
      return readIntOrString(bytes);
    case 'any': {
      const raw = firstBytes(bytes).toString();
      return raw === '' ? undefined : JSON.parse(raw);
    }
  }
};

const firstBytes = (message: Buffer): Buffer =>
  [...wireFields(message)].find(({ number }) => number === 1)?.bytes ?? Buffer.alloc(0);

/** The zero time is an empty message. */
const readTime = (type: 'time' | 'microTime', message: Buffer): string | undefined => {
  if (message.length === 0) return undefined;
  const parts = new Map([...wireFields(message)].map(({ number, integer }) => [number, integer ?? 0n]));
  const seconds = new Date(Number(BigInt.asIntN(64, parts.get(1) ?? 0n)) * 1000).toISOString().slice(0, 19);
  const micros = String((parts.get(2) ?? 0n) / 1000n).padStart(6, '0');
  return type === 'time' ? `${seconds}Z` : `${seconds}.${micros}Z`;
};

const readIntOrString = (message: Buffer): number | string => {
  const parts = new Map([...wireFields(message)].map((field) => [field.number, field]));
  const isString = parts.get(1)?.integer === 1n;
  return isString
    ? (parts.get(3)?.bytes.toString() ?? '')
    : Number(BigInt.asIntN(32, parts.get(2)?.integer ?? 0n));
};
