import type { ServedKind } from '../served-kinds.js';
import { reference, schemaName } from './schemas.js';

type Parameters = Readonly<Record<string, 'string' | 'boolean' | 'integer'>>;

const pretty: Parameters = { pretty: 'string' };
const writing: Parameters = {
  ...pretty,
  dryRun: 'string',
  fieldManager: 'string',
  fieldValidation: 'string',
};
const deleting: Parameters = {
  ...pretty,
  dryRun: 'string',
  gracePeriodSeconds: 'integer',
  orphanDependents: 'boolean',
  propagationPolicy: 'string',
};
const listing: Parameters = {
  ...pretty,
  allowWatchBookmarks: 'boolean',
  continue: 'string',
  fieldSelector: 'string',
  labelSelector: 'string',
  limit: 'integer',
  resourceVersion: 'string',
  resourceVersionMatch: 'string',
  sendInitialEvents: 'boolean',
  timeoutSeconds: 'integer',
  watch: 'boolean',
};

interface Operation {
  readonly method: string;
  readonly action: string;
  readonly parameters: Parameters;
}

/** By verb of the resource. */
const onCollections: Readonly<Record<string, Operation>> = {
  list: { method: 'get', action: 'list', parameters: listing },
  create: { method: 'post', action: 'post', parameters: writing },
  deletecollection: { method: 'delete', action: 'deletecollection', parameters: { ...listing, ...deleting } },
};
const onObjects: Readonly<Record<string, Operation>> = {
  get: { method: 'get', action: 'get', parameters: pretty },
  update: { method: 'put', action: 'put', parameters: writing },
  patch: { method: 'patch', action: 'patch', parameters: { ...writing, force: 'boolean' } },
  delete: { method: 'delete', action: 'delete', parameters: deleting },
};

/** The paths of one kind: what can be asked of its collection, of an object and of its subresources. */
export const pathsOf = (kind: ServedKind): Record<string, object> => {
  const { group, version, resource } = kind;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const name = schemaName(kind.model);
  const scope = resource.namespaced ? '/namespaces/{namespace}' : '';
  const collection = `${root}${scope}/${resource.name}`;
  const gvk = { group, version, kind: resource.kind };
  const item = (
    verbs: readonly string[],
    table: typeof onObjects,
    schema: string,
    more: string[],
  ): object => ({
    ...Object.fromEntries(
      Object.entries(table)
        .filter(([verb]) => verbs.includes(verb))
        .map(([, operation]) => [operation.method, operationObject(operation, schema, gvk)]),
    ),
    parameters: more.map((each) => ({
      name: each,
      in: 'path',
      required: true,
      schema: { type: 'string', uniqueItems: true },
    })),
  });
  const place = resource.namespaced ? ['namespace'] : [];
  return {
    ...(resource.namespaced
      ? { [`${root}/${resource.name}`]: item(['list'], onCollections, `${name}List`, []) }
      : {}),
    [collection]: item(resource.verbs, onCollections, `${name}List`, place),
    [`${collection}/{name}`]: item(resource.verbs, onObjects, name, [...place, 'name']),
    ...Object.fromEntries(
      resource.subresources
        .filter((each) => each.name === 'status')
        .map((each) => [
          `${collection}/{name}/${each.name}`,
          item(each.verbs, onObjects, name, [...place, 'name']),
        ]),
    ),
  };
};

const operationObject = (
  { action, parameters }: Operation,
  schema: string,
  gvk: { group: string; version: string; kind: string },
): object => ({
  operationId: `${action}${gvk.kind}`,
  parameters: Object.entries(parameters).map(([name, type]) => ({
    name,
    in: 'query',
    schema: { type, uniqueItems: true },
  })),
  responses: {
    '200': { description: 'OK', content: { 'application/json': { schema: reference(schema) } } },
    '401': { description: 'Unauthorized' },
  },
  'x-kubernetes-action': action,
  'x-kubernetes-group-version-kind': gvk,
});
