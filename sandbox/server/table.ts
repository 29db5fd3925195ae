import type { KubernetesObject } from '../storage/api.js';
import { columnsOf } from './columns/all-columns.js';
import { age, type Column } from './columns/column.js';
import { META_VERSION, partialOf } from './partial-metadata.js';
import type { ServedKind } from './served-kinds.js';

/** The form that kubectl asks for: cells ready to print. */
export const tableOf = (
  { resource, show }: ServedKind,
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
      object: rowObject(show(object), query.get('includeObject') ?? 'Metadata'),
    })),
  };
};

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

const nameColumn: Column = {
  name: 'Name',
  format: 'name',
  cell: ({ metadata }) =>
    metadata.annotations?.[DEFAULT_CLASS] === 'true' ? `${metadata.name} (default)` : metadata.name,
};

/** Events are the one kind that does not begin with its name. */
const columnsFor = (resource: string): readonly Column[] =>
  resource === 'events' ? (columnsOf['events'] ?? []) : [nameColumn, ...(columnsOf[resource] ?? [age])];

const rowObject = (object: KubernetesObject, include: string): object | null => {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialOf(object);
};
