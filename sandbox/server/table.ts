import type { KubernetesObject } from '../storage/api.js';
import { ageOf } from './age.js';
import { META_VERSION, partialOf } from './partial-metadata.js';
import type { ServedKind } from './served-kinds.js';
import { type Column, columnsOf } from './table-columns.js';

/** The form that kubectl asks for: cells ready to print. */
export const tableOf = (
  { resource }: ServedKind,
  objects: readonly KubernetesObject[],
  metadata: object,
  query: URLSearchParams,
  now: number,
): object => {
  const columns = columnsFor(resource.name);
  return {
    kind: 'Table',
    apiVersion: META_VERSION,
    metadata,
    columnDefinitions: columns.map(({ name, type = 'string', format = '', priority = 0 }) => ({
      name,
      type,
      format,
      description: '',
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now)),
      object: rowObject(object, query.get('includeObject') ?? 'Metadata'),
    })),
  };
};

const nameColumn: Column = { name: 'Name', format: 'name', cell: ({ metadata }) => metadata.name };
const ageColumn: Column = {
  name: 'Age',
  cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
};

/** Events are the one kind that does not begin with its name. */
const columnsFor = (resource: string): readonly Column[] =>
  resource === 'events' ? (columnsOf['events'] ?? []) : [nameColumn, ...(columnsOf[resource] ?? [ageColumn])];

const rowObject = (object: KubernetesObject, include: string): object | null => {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialOf(object);
};
