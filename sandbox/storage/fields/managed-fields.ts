import { ApiError } from '../api.js';
import { compareObjects, fieldsOf } from './compare.js';
import {
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmptySet,
  isEqualSet,
  memberPaths,
  union,
} from './field-set.js';
import { mergeObjects, removeFields } from './merge.js';
import { loadFields, storeFields } from './stored-fields.js';
import { isEqual } from './typed-walk.js';

/** Who writes, as an entry of managedFields names it. */
export interface Manager {
  readonly name: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  /** RFC 3339; empty for `scale`, which keeps none. */
  readonly time: string;
}

interface Entry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly fields: FieldSet;
  /** As it is stored, while nothing of it has changed. */
  readonly stored?: object;
}

const read = (object: any): Entry[] =>
  (object?.metadata?.managedFields ?? []).map((entry: any) => ({
    manager: entry.manager ?? '',
    operation: entry.operation ?? 'Update',
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource ?? '',
    time: entry.time ?? '',
    fields: loadFields(entry.fieldsV1 ?? {}),
    stored: entry,
  }));

const write = (object: any, entries: readonly Entry[]): any => {
  const { managedFields: _old, ...metadata } = object.metadata;
  const sorted = entries
    .filter(({ fields }) => !isEmptySet(fields))
    .sort(
      (a, b) =>
        order(a.operation, b.operation) ||
        order(a.time, b.time) ||
        order(a.manager, b.manager) ||
        order(a.subresource, b.subresource),
    );
  if (sorted.length === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: sorted.map(encode) } };
};

const encode = (entry: Entry): object =>
  entry.stored ?? {
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time ? { time: entry.time } : {}),
    fieldsType: 'FieldsV1',
    fieldsV1: storeFields(entry.fields),
    ...(entry.subresource ? { subresource: entry.subresource } : {}),
  };

/** The entry with other fields; itself when they are the same. */
const withFields = (entry: Entry, fields: FieldSet): Entry => {
  if (fields === entry.fields) return entry;
  const { stored: _outdated, ...rest } = entry;
  return { ...rest, fields };
};

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const isSame = (entry: Entry, manager: Manager, operation: 'Apply' | 'Update'): boolean =>
  entry.manager === manager.name &&
  entry.operation === operation &&
  entry.subresource === (manager.subresource ?? '') &&
  (operation === 'Apply' || entry.apiVersion === manager.apiVersion);

/** After a create, replace or patch: the writer owns what it changed. `before` is an empty object for a create. */
export const trackUpdate = (model: string, before: any, after: any, manager: Manager): any => {
  const { added, modified, removed } = compareObjects(model, before, after);
  const touched = union(added, modified);
  const entries = read(before);
  const mine = entries.find((entry) => isSame(entry, manager, 'Update'));
  const others = entries
    .filter((entry) => entry !== mine)
    .map((entry) => withFields(entry, difference(difference(entry.fields, touched), removed)));
  const fields = union(difference(mine?.fields ?? emptySet, removed), touched);
  return write(after, [...others, ownEntry(manager, 'Update', fields, mine)]);
};

/** The manager's entry after a write; a write that gives it no other fields leaves it and its time as they were. */
const ownEntry = (
  manager: Manager,
  operation: 'Apply' | 'Update',
  fields: FieldSet,
  mine: Entry | undefined,
): Entry =>
  mine && mine.apiVersion === manager.apiVersion && isEqualSet(mine.fields, fields)
    ? mine
    : entryOf(manager, operation, fields);

const entryOf = (manager: Manager, operation: 'Apply' | 'Update', fields: FieldSet): Entry => ({
  manager: manager.name,
  operation,
  apiVersion: manager.apiVersion,
  subresource: manager.subresource ?? '',
  time: manager.time,
  fields,
});

/** Server-side apply. Throws the 409 that lists each field that another manager owns, unless forced. */
export const applyConfig = (
  model: string,
  live: any,
  config: any,
  manager: Manager,
  force: boolean,
  complete: (object: any) => any,
): any => {
  const entries = read(live);
  const mine = entries.find((entry) => isSame(entry, manager, 'Apply'));
  const others = entries.filter((entry) => entry !== mine);
  const fields = fieldsOf(model, config);
  const merged = mergeObjects(model, live, config);
  const ownedByAll = others.reduce((all, entry) => union(all, entry.fields), fields);
  const unwanted = difference(mine?.fields ?? emptySet, ownedByAll);
  const pruned = isEmptySet(unwanted) ? merged : removeFields(model, merged, unwanted, ownedByAll);
  const completed = complete(pruned);

  const { added, modified, removed } = compareObjects(model, live, completed);
  const touched = union(added, modified);
  const conflicts = others
    .map((entry) => ({ entry, fields: intersection(entry.fields, touched) }))
    .filter((conflict) => !isEmptySet(conflict.fields));
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);
  const left = others.map((entry) =>
    withFields(entry, difference(difference(entry.fields, touched), removed)),
  );
  return write(completed, [...left, ownEntry(manager, 'Apply', fields, mine)]);
};

const conflictError = (conflicts: { entry: Entry; fields: FieldSet }[]): ApiError => {
  const groups = conflicts
    .map(({ entry, fields }) => ({ manager: describe(entry), paths: memberPaths(fields) }))
    .sort((a, b) => order(a.manager, b.manager));
  const causes = groups.flatMap(({ manager, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field })),
  );
  const one = groups.length === 1 && causes.length === 1;
  const listed = groups.map(({ manager, paths }) =>
    paths.length === 1 && one
      ? `conflict with ${manager}: ${paths[0]}`
      : `conflicts with ${manager}:\n${paths.map((path) => `- ${path}`).join('\n')}`,
  );
  const count = `${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  return new ApiError(409, 'Conflict', `Apply failed with ${count}: ${listed.join('\n')}`, { causes });
};

const describe = (entry: Entry): string => {
  const subresource = entry.subresource ? ` with subresource "${entry.subresource}"` : '';
  const using = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : '';
  return `"${entry.manager}"${subresource}${using}`;
};

/** Whether two states differ in nothing but the times at which managers wrote. */
export const isSameButTimes = (a: any, b: any): boolean => {
  const { managedFields: managedA, ...metadataA } = a.metadata;
  const { managedFields: managedB, ...metadataB } = b.metadata;
  const withoutTime = ({ time: _time, ...entry }: any): object => entry;
  return (
    isEqual({ ...a, metadata: metadataA }, { ...b, metadata: metadataB }) &&
    (managedA === managedB || isEqual(managedA?.map(withoutTime), managedB?.map(withoutTime)))
  );
};
