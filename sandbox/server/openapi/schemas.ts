import { type Field, type ScalarType, type Shape, structType } from '../../storage/schema/schema.js';
import { describeModel } from './descriptions.js';
import { schemaNameOf } from './go-packages.js';

type Schema = Record<string, unknown>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Scalars that have a schema of their own. */
const namedScalars: Readonly<Partial<Record<ScalarType, { name: string; schema: Schema }>>> = {
  time: { name: `${META}.Time`, schema: { type: 'string', format: 'date-time' } },
  microTime: { name: `${META}.MicroTime`, schema: { type: 'string', format: 'date-time' } },
  quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    schema: {
      description: 'Quantity is a fixed-point representation of a number, such as 100m, 1.5 or 2Gi.',
      oneOf: [{ type: 'string' }, { type: 'number' }],
    },
  },
  intOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: {
      description: 'IntOrString is a type that can hold an int32 or a string.',
      format: 'int-or-string',
      oneOf: [{ type: 'integer' }, { type: 'string' }],
    },
  },
};

const plainScalars: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  float64: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  any: { type: 'object' },
};

export const schemaName = (model: string): string =>
  schemaNameOf(model, model.replace(/^(?:[A-Z][a-z]+)?V\d+(?:(?:alpha|beta)\d+)?/, ''));

export const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Collects the schemas of models and of everything in them. */
export class Schemas {
  readonly all: Record<string, Schema> = {};

  /** Adds a kind, and the list of it. */
  addKind(model: string, gvk: { group: string; version: string; kind: string }): void {
    this.add(model);
    const name = schemaName(model);
    (this.all[name] as Schema)['x-kubernetes-group-version-kind'] = [gvk];
    const list = { ...gvk, kind: `${gvk.kind}List` };
    this.add('V1ListMeta');
    this.all[`${name}List`] = {
      description: `${list.kind} is a list of ${gvk.kind}.`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: this.referTo(schemaName('V1ListMeta')),
        items: { type: 'array', items: this.referTo(name) },
      },
      'x-kubernetes-group-version-kind': [list],
    };
  }

  add(model: string): string {
    const name = schemaName(model);
    if (this.all[name]) return name;
    const schema: Schema = { type: 'object' };
    this.all[name] = schema;
    const text = describeModel(model);
    if (text.description) schema['description'] = text.description;
    const fields = [...structType(model).fields.values()];
    const required = fields.filter((field) => text.fields.get(field.name)?.isRequired);
    if (required.length > 0) schema['required'] = required.map((field) => field.name);
    schema['properties'] = Object.fromEntries(
      fields.map((field) => [field.name, this.fieldSchema(field, text.fields.get(field.name)?.description)]),
    );
    return name;
  }

  private fieldSchema({ shape }: Field, description: string | undefined): Schema {
    return { ...(description ? { description } : {}), ...this.shapeSchema(shape), ...extensionsOf(shape) };
  }

  private shapeSchema(shape: Shape): Schema {
    switch (shape.kind) {
      case 'scalar':
        return this.scalarSchema(shape.type);
      case 'struct':
        return this.referTo(this.add(shape.model));
      case 'list':
        return { type: 'array', items: this.shapeSchema(shape.of) };
      case 'map':
        return { type: 'object', additionalProperties: this.shapeSchema(shape.of) };
    }
  }

  private scalarSchema(type: ScalarType): Schema {
    const named = namedScalars[type];
    if (!named) return { ...plainScalars[type] };
    this.all[named.name] = named.schema;
    return this.referTo(named.name);
  }

  /** In OpenAPI 3.0 nothing may stand beside a reference. */
  private referTo(name: string): Schema {
    return { allOf: [reference(name)] };
  }
}

/** How lists and structs merge. */
const extensionsOf = (shape: Shape): Schema => {
  if (shape.kind === 'struct')
    return {
      ...(shape.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(shape.retainKeys ? { 'x-kubernetes-patch-strategy': 'retainKeys' } : {}),
    };
  if (shape.kind === 'map') return shape.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {};
  if (shape.kind !== 'list') return {};
  const { keys, set, patchKey, retainKeys } = shape.list;
  return {
    'x-kubernetes-list-type': keys ? 'map' : set ? 'set' : 'atomic',
    ...(keys ? { 'x-kubernetes-list-map-keys': keys } : {}),
    ...(patchKey ? { 'x-kubernetes-patch-merge-key': patchKey } : {}),
    ...(patchKey === undefined
      ? {}
      : { 'x-kubernetes-patch-strategy': retainKeys ? 'merge,retainKeys' : 'merge' }),
  };
};
