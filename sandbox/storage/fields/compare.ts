import type { Shape } from '../schema/schema.js';
import { emptySet, type FieldSet, isEmptySet } from './field-set.js';
import { divisionOf, isEmptyValue, isEqual, rootShape } from './typed-walk.js';

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Fields of metadata that the server owns; nobody manages them. */
const systemMetadata = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
]);

/** A copy without the fields that nobody manages. */
export const managedPart = (object: any): any => {
  const { apiVersion: _version, kind: _kind, metadata = {}, ...rest } = object;
  const kept = Object.entries(metadata).filter(([key]) => !systemMetadata.has(key));
  return { ...rest, metadata: Object.fromEntries(kept) };
};

/** Which fields were added, changed and removed from one object to the other. */
export const compareObjects = (model: string, before: any, after: any): Comparison =>
  compare(rootShape(model), managedPart(before), managedPart(after));

const nothing: Comparison = { added: emptySet, modified: emptySet, removed: emptySet };
const self: FieldSet = { isMember: true, children: new Map() };

const compare = (shape: Shape, before: any, after: any): Comparison => {
  const division = divisionOf(shape);
  if (division.kind === 'leaf' || (isEmptyValue(before) && isEmptyValue(after)))
    return compareLeaf(before, after);

  const pairs = new Map<string, { shape: Shape; before: any; after: any }>();
  const collect = (side: 'before' | 'after', value: any): void => {
    if (isEmptyValue(value)) return;
    if (division.kind === 'fields') {
      for (const [name, inner] of Object.entries(value)) {
        const childShape = division.childShape(name);
        if (childShape) put(pairs, `f:${name}`, childShape, side, inner);
      }
    } else for (const item of value) put(pairs, division.keyOf(item), division.of, side, item);
  };
  collect('before', before);
  collect('after', after);

  const children = {
    added: new Map<string, FieldSet>(),
    modified: new Map<string, FieldSet>(),
    removed: new Map<string, FieldSet>(),
  };
  for (const [key, pair] of pairs) {
    const inner = compare(pair.shape, pair.before, pair.after);
    for (const part of ['added', 'modified', 'removed'] as const) {
      if (!isEmptySet(inner[part])) children[part].set(key, inner[part]);
    }
  }
  return {
    added: { isMember: before === undefined && after !== undefined, children: children.added },
    modified: { isMember: false, children: children.modified },
    removed: { isMember: after === undefined && before !== undefined, children: children.removed },
  };
};

const put = (
  pairs: Map<string, { shape: Shape; before: any; after: any }>,
  key: string,
  shape: Shape,
  side: 'before' | 'after',
  value: unknown,
): void => {
  const pair = pairs.get(key) ?? { shape, before: undefined, after: undefined };
  pair[side] = value;
  pairs.set(key, pair);
};

const compareLeaf = (before: unknown, after: unknown): Comparison => {
  if (before === undefined) return after === undefined ? nothing : { ...nothing, added: self };
  if (after === undefined) return { ...nothing, removed: self };
  return isEqual(before, after) ? nothing : { ...nothing, modified: self };
};

/** The fields of an applied configuration: its leaves and its list items. */
export const fieldsOf = (model: string, config: any): FieldSet =>
  fieldsOfValue(rootShape(model), managedPart(config), false);

const fieldsOfValue = (shape: Shape, value: any, isItem: boolean): FieldSet => {
  const division = divisionOf(shape);
  if (division.kind === 'leaf' || isEmptyValue(value)) return self;
  const children = new Map<string, FieldSet>();
  if (division.kind === 'fields') {
    for (const [name, inner] of Object.entries(value)) {
      const childShape = division.childShape(name);
      if (childShape) children.set(`f:${name}`, fieldsOfValue(childShape, inner, false));
    }
  } else {
    for (const item of value) children.set(division.keyOf(item), fieldsOfValue(division.of, item, true));
  }
  // managedPart puts an empty metadata into every configuration.
  if (children.get('f:metadata')?.isMember && isEmptyValue(value.metadata)) children.delete('f:metadata');
  return { isMember: isItem, children };
};
