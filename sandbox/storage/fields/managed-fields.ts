import { ApiError } from '../api.js';
import { compareObjects, fieldsOf } from './compare.js';
import {
  decodeFields,
  difference,
  emptySet,
  encodeFields,
  type FieldSet,
  intersection,
  isEmptySet,
  isEqualSet,
  memberPaths,
  union,
} from './field-set.js';
import { mergeObjects, removeFields } from './merge.js';

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
}

const read = (object: any): Entry[] =>
  (object?.metadata?.managedFields ?? []).map((entry: any) => ({
    manager: entry.manager ?? '',
    operation: entry.operation ?? 'Update',
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource ?? '',
    time: entry.time ?? '',
    fields: decodeFields(entry.fieldsV1 ?? {}),
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
  const managedFields = sorted.map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time ? { time: entry.time } : {}),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFields(entry.fields),
    ...(entry.subresource ? { subresource: entry.subresource } : {}),
  }));
  return { ...object, metadata: { ...metadata, managedFields } };
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
    .map((entry) => ({ ...entry, fields: difference(difference(entry.fields, touched), removed) }));
  const fields = union(difference(mine?.fields ?? emptySet, removed), touched);
  const isUnchanged = mine !== undefined && isEqualSet(mine.fields, fields);
  return write(after, [
    ...others,
    entryOf(manager, 'Update', fields, isUnchanged ? mine.time : manager.time),
  ]);
};

const entryOf = (manager: Manager, operation: 'Apply' | 'Update', fields: FieldSet, time: string): Entry => ({
  manager: manager.name,
  operation,
  apiVersion: manager.apiVersion,
  subresource: manager.subresource ?? '',
  time,
  fields,
});

export interface Applied {
  /** The live object with the configuration merged in; not yet defaulted or validated. */
  readonly object: any;
  /** Completes managedFields of the object once it was decoded and defaulted. */
  track(completed: any): any;
}

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
  const left = others.map((entry) => ({
    ...entry,
    fields: difference(difference(entry.fields, touched), removed),
  }));
  const isUnchanged = mine !== undefined && isEqualSet(mine.fields, fields);
  return write(completed, [
    ...left,
    entryOf(manager, 'Apply', fields, isUnchanged ? mine.time : manager.time),
  ]);
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

/** What a failed comparison of two states is not about: times at which managers wrote. */
export const withoutManagerTimes = (object: any): any => ({
  ...object,
  metadata: {
    ...object.metadata,
    managedFields: object.metadata.managedFields?.map(({ time: _time, ...entry }: any) => entry),
  },
});
