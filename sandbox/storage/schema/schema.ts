import * as models from '@kubernetes/client-node/dist/gen/models/all.js';
import {
  droppedFalse,
  droppedZero,
  keptEmptyStrings,
  nullWhenAbsent,
  quantities,
  valueStructs,
  zeroWhenAbsent,
} from './go-facts.js';
import { atomicTypes, granularFields, type ListType, listTypes, retainKeysFields } from './list-types.js';

export type ScalarType =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'bytes'
  | 'time'
  | 'microTime'
  | 'quantity'
  | 'intOrString'
  | 'any';

export type Shape =
  | { readonly kind: 'scalar'; readonly type: ScalarType }
  | {
      readonly kind: 'struct';
      readonly model: string;
      readonly atomic: boolean;
      readonly retainKeys: boolean;
    }
  | { readonly kind: 'map'; readonly of: Shape; readonly atomic: boolean }
  | { readonly kind: 'list'; readonly of: Shape; readonly list: ListType };

export interface Field {
  readonly name: string;
  /** `model.field`, the key of the tables beside this file. */
  readonly id: string;
  readonly shape: Shape;
  /** A struct that every object has, empty or not. */
  readonly always: boolean;
  /** What the server puts where nothing is; undefined for nothing. */
  readonly whenAbsent: unknown;
  /** What it puts where a zero value was left out. */
  readonly whenOmitted: unknown;
  /** Zero values that `omitempty` leaves out. */
  readonly omits: {
    readonly emptyString: boolean;
    readonly false: boolean;
    readonly zero: boolean;
    readonly emptyList: boolean;
  };
}

export interface StructType {
  readonly model: string;
  /** The name of the Go struct, as error messages give it. */
  readonly goName: string;
  readonly fields: ReadonlyMap<string, Field>;
  /** The same fields, in their order. */
  readonly list: readonly Field[];
}

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

interface ModelClass {
  readonly attributeTypeMap?: readonly Attribute[];
  getAttributeTypeMap?(): readonly Attribute[];
}

const structs = new Map<string, StructType>();

/** The fields of a kind or of a struct inside one, from the models generated from the OpenAPI document. */
export const structType = (model: string): StructType => {
  let type = structs.get(model);
  if (!type) {
    type = readModel(model);
    structs.set(model, type);
  }
  return type;
};

const readModel = (model: string): StructType => {
  const attributes = (models as unknown as Record<string, ModelClass>)[model]?.getAttributeTypeMap?.();
  if (!attributes) throw new Error(`no model ${model} in @kubernetes/client-node`);
  const list = attributes.map((attribute) => readField(`${model}.${attribute.baseName}`, attribute));
  return {
    model,
    goName: model.replace(/^(Core|Events|Discovery|Rbac)?V\d((alpha|beta)\d)?/, ''),
    fields: new Map(list.map((field) => [field.name, field])),
    list,
  };
};

const readField = (id: string, attribute: Attribute): Field => {
  const name = attribute.baseName;
  return {
    name,
    id,
    shape: shapeOf(id, attribute),
    always: isAlways(id, attribute),
    whenAbsent: nullWhenAbsent.has(id) ? null : zeroWhenAbsent[id],
    whenOmitted: zeroWhenAbsent[id],
    omits: {
      emptyString: !keptEmptyStrings.has(name) && !keptEmptyStrings.has(id),
      false: droppedFalse.has(name),
      zero: droppedZero.has(name) || droppedZero.has(id),
      emptyList: !nullWhenAbsent.has(id),
    },
  };
};

/** Of a kind, metadata, spec and status are held by value; elsewhere the table says. */
const isAlways = (id: string, attribute: Attribute): boolean => {
  if (valueStructs.has(id)) return true;
  const isTopLevel = attribute.type === 'V1ObjectMeta' && !/(Template|TemplateSpec)\.metadata$/.test(id);
  if (isTopLevel) return true;
  const [model = '', field = ''] = id.split('.');
  return (field === 'spec' || field === 'status') && isKind(model) && attribute.type.startsWith(model);
};

const isKind = (model: string): boolean =>
  (models as unknown as Record<string, ModelClass>)[model]
    ?.getAttributeTypeMap?.()
    .some(({ type }) => type === 'V1ObjectMeta') ?? false;

const shapeOf = (id: string, { type, format }: Attribute): Shape => {
  const isQuantity = quantities.has(id);
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  if (list)
    return {
      kind: 'list',
      of: shapeOf('', { name: '', baseName: '', type: list, format }),
      list: listTypes[id] ?? {},
    };
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map) {
    const of: Shape = isQuantity
      ? { kind: 'scalar', type: 'quantity' }
      : shapeOf('', { name: '', baseName: '', type: map, format });
    return { kind: 'map', of, atomic: atomicTypes.has(id) };
  }
  if (isQuantity) return { kind: 'scalar', type: 'quantity' };
  const scalar = scalarOf(type, format);
  if (scalar) return { kind: 'scalar', type: scalar };
  return {
    kind: 'struct',
    model: type,
    atomic: (atomicTypes.has(type) || atomicTypes.has(id)) && !granularFields.has(id),
    retainKeys: retainKeysFields.has(id),
  };
};

const scalarOf = (type: string, format: string): ScalarType | undefined => {
  switch (type) {
    case 'string':
      return format === 'byte' ? 'bytes' : 'string';
    case 'boolean':
      return 'boolean';
    case 'number':
      return format === 'int64' ? 'int64' : format === 'double' ? 'float64' : 'int32';
    case 'Date':
      return 'time';
    case 'V1MicroTime':
      return 'microTime';
    case 'IntOrString':
      return 'intOrString';
    case 'any':
    case 'object':
      return 'any';
    default:
      return undefined;
  }
};
