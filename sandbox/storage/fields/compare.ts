import type { Shape } from '../schema/schema.js';
import { emptySet, type FieldSet, isEmptySet, leafMember } from './field-set.js';
import { type Division, divisionOf, fieldsDivision, isEmptyValue, isEqual, rootShape } from './typed-walk.js';

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

const isManaged = (name: string): boolean => name !== 'apiVersion' && name !== 'kind';
const isManagedMetadata = (name: string): boolean => !systemMetadata.has(name);

/** Which fields were added, changed and removed from one object to the other. */
export const compareObjects = (model: string, before: any, after: any): Comparison => {
  const found = new Found();
  const { childShape } = fieldsDivision(rootShape(model));
  const metadata = fieldsDivision(childShape('metadata') as Shape).childShape;
  const { metadata: metadataBefore, ...bodyBefore } = before;
  const { metadata: metadataAfter, ...bodyAfter } = after;
  compareFields(childShape, bodyBefore, bodyAfter, isManaged, found);
  const inMetadata = new Found();
  compareFields(metadata, metadataBefore ?? {}, metadataAfter ?? {}, isManagedMetadata, inMetadata);
  found.put('f:metadata', inMetadata.result(false, false));
  return found.result(false, false);
};

const nothing: Comparison = { added: emptySet, modified: emptySet, removed: emptySet };
const wasAdded: Comparison = { ...nothing, added: leafMember };
const wasModified: Comparison = { ...nothing, modified: leafMember };
const wasRemoved: Comparison = { ...nothing, removed: leafMember };

/** Collects what differs below one node. Most nodes are alike, and then nothing is made at all. */
class Found {
  private added: Map<string, FieldSet> | undefined;
  private modified: Map<string, FieldSet> | undefined;
  private removed: Map<string, FieldSet> | undefined;

  put(key: string, { added, modified, removed }: Comparison): void {
    if (!isEmptySet(added)) this.added = withChild(this.added, key, added);
    if (!isEmptySet(modified)) this.modified = withChild(this.modified, key, modified);
    if (!isEmptySet(removed)) this.removed = withChild(this.removed, key, removed);
  }

  result(isAdded: boolean, isRemoved: boolean): Comparison {
    if (!this.added && !this.modified && !this.removed) {
      if (isAdded) return wasAdded;
      return isRemoved ? wasRemoved : nothing;
    }
    return {
      added: setOf(isAdded, this.added),
      modified: setOf(false, this.modified),
      removed: setOf(isRemoved, this.removed),
    };
  }
}

const withChild = (
  children: Map<string, FieldSet> | undefined,
  key: string,
  child: FieldSet,
): Map<string, FieldSet> => (children ?? new Map<string, FieldSet>()).set(key, child);

const setOf = (isMember: boolean, children: Map<string, FieldSet> | undefined): FieldSet => {
  if (children) return { isMember, children };
  return isMember ? leafMember : emptySet;
};

const compare = (shape: Shape, before: any, after: any): Comparison => {
  if (before === after) return nothing;
  const division = divisionOf(shape);
  if (division.kind === 'leaf' || (isEmptyValue(before) && isEmptyValue(after)))
    return compareLeaf(before, after);
  const found = new Found();
  const [left, right] = [isEmptyValue(before) ? undefined : before, isEmptyValue(after) ? undefined : after];
  if (division.kind === 'fields') compareFields(division.childShape, left, right, always, found);
  else compareItems(division, left, right, found);
  return found.result(before === undefined, after === undefined);
};

const always = (): boolean => true;

const compareFields = (
  childShape: (name: string) => Shape | undefined,
  before: any,
  after: any,
  counts: (name: string) => boolean,
  found: Found,
): void => {
  for (const name in after) {
    const old = before === undefined ? undefined : before[name];
    if (old === after[name] || !counts(name)) continue;
    const shape = childShape(name);
    if (shape) found.put(`f:${name}`, compare(shape, old, after[name]));
  }
  for (const name in before) {
    if (before[name] === undefined || (after !== undefined && name in after) || !counts(name)) continue;
    const shape = childShape(name);
    if (shape) found.put(`f:${name}`, compare(shape, before[name], undefined));
  }
};

const compareItems = (
  { of, keyOf }: Extract<Division, { kind: 'items' }>,
  before: any[] | undefined,
  after: any[] | undefined,
  found: Found,
): void => {
  const old = new Map((before ?? []).map((item): [string, any] => [keyOf(item), item]));
  for (const item of after ?? []) {
    const key = keyOf(item);
    found.put(key, compare(of, old.get(key), item));
    old.delete(key);
  }
  for (const [key, item] of old) found.put(key, compare(of, item, undefined));
};

const compareLeaf = (before: unknown, after: unknown): Comparison => {
  if (before === undefined) return after === undefined ? nothing : wasAdded;
  if (after === undefined) return wasRemoved;
  return isEqual(before, after) ? nothing : wasModified;
};

/** The fields of an applied configuration: its leaves and its list items. */
export const fieldsOf = (model: string, config: any): FieldSet =>
  fieldsOfValue(rootShape(model), managedPart(config), false);

/** A copy without the fields that nobody manages. */
const managedPart = (object: any): any => {
  const { apiVersion: _version, kind: _kind, metadata = {}, ...rest } = object;
  const kept = Object.entries(metadata).filter(([key]) => isManagedMetadata(key));
  return { ...rest, metadata: Object.fromEntries(kept) };
};

const fieldsOfValue = (shape: Shape, value: any, isItem: boolean): FieldSet => {
  const division = divisionOf(shape);
  if (division.kind === 'leaf' || isEmptyValue(value)) return leafMember;
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
