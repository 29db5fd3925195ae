import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '../storage/api.js';
import { apiVersionOf } from '../storage/resource.js';
import type { Review } from '../storage/reviewed-kinds.js';
import {
  addedGroup,
  aggregatedGroup,
  refusesPlain,
  sendAggregated,
  wantsAggregated,
} from './aggregated-discovery.js';
import type { AddedGroup } from './aggregation/aggregator.js';
import { sendObject, sendText } from './answer.js';
import { type Accepted, negotiate } from './content-negotiation.js';
import { entriesOf, isServedGroup, isServedVersion, servedGroups, versionsOf } from './served-groups.js';
import type { ServedKind } from './served-kinds.js';
import type { ServerContext } from './server-context.js';

export const noSuchResource = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

/** `/api`, `/apis`, groups and versions. False when the path is none of these. */
export const handleDiscovery = (
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean => {
  const segments = path.split('/').filter((segment) => segment !== '');
  const [root, group = '', version] = segments;
  if ((root !== 'api' && root !== 'apis') || segments.length > (root === 'api' ? 2 : 3)) return false;
  const accept = request.headers.accept;
  if (segments.length === 1) {
    if (wantsAggregated(accept))
      sendAggregated(request, response, [
        ...(root === 'api' ? [''] : servedGroups()).map(aggregatedGroup),
        ...(root === 'api' ? [] : context.aggregator.groups().map((group) => addedGroup(context, group))),
      ]);
    else
      sendObject(
        response,
        200,
        root === 'api' ? coreVersions(context) : groupList(context),
        negotiate(accept, !refusesPlain(accept)).format,
      );
    return true;
  }
  const { format } = negotiate(accept);
  if (root === 'api') {
    if (!isServedVersion('', group)) return false;
    sendObject(response, 200, resourceList('', group), format);
  } else if (!isServedGroup(group)) handleAddedGroup(context, response, format, group, version);
  else if (version === undefined)
    sendObject(response, 200, { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) }, format);
  else if (isServedVersion(group, version)) sendObject(response, 200, resourceList(group, version), format);
  else throw noSuchResource();
  return true;
};

const coreVersions = ({ address }: ServerContext): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address() }],
});

const groupEntry = (name: string): object => entryOf(name, versionsOf(name));

const entryOf = (name: string, given: readonly string[]): object => {
  const versions = given.map((version) => ({
    groupVersion: apiVersionOf({ group: name, version }),
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
};

const groupList = ({ aggregator }: ServerContext): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...servedGroups().map(groupEntry), ...aggregator.groups().map(addedEntry)],
});

const addedEntry = ({ name, versions }: AddedGroup): object =>
  entryOf(
    name,
    versions.map(({ version }) => version),
  );

/** A group that an APIService adds, or one of its versions. */
const handleAddedGroup = (
  { aggregator }: ServerContext,
  response: ServerResponse,
  format: Accepted['format'],
  name: string,
  version: string | undefined,
): void => {
  const group = aggregator.groups().find((each) => each.name === name);
  const state = version === undefined ? 'available' : aggregator.stateOf(name, version);
  if (!group || state === 'absent') sendText(response, 404, '404 page not found\n');
  else if (version === undefined)
    sendObject(response, 200, { kind: 'APIGroup', apiVersion: 'v1', ...addedEntry(group) }, format);
  else if (state === 'unavailable') sendText(response, 503, 'service unavailable\n');
  else sendObject(response, 200, aggregator.resources(name, version), format);
};

const resourceList = (group: string, version: string): object => ({
  kind: 'APIResourceList',
  ...(group ? { apiVersion: 'v1' } : {}),
  groupVersion: apiVersionOf({ group, version }),
  resources: entriesOf(group, version).flatMap(({ kind }) =>
    'resource' in kind ? storedEntries(kind) : [reviewEntry(kind)],
  ),
});

const reviewEntry = ({ name, kind, namespaced }: Review): object => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  verbs: ['create'],
});

const storedEntries = ({ resource }: ServedKind): object[] => [
  {
    name: resource.name,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.storageVersionHash ? { storageVersionHash: resource.storageVersionHash } : {}),
  },
  ...resource.subresources.map(({ name, kind, verbs, group, version }) => ({
    name: `${resource.name}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(group ? { group, version } : {}),
    kind,
    verbs,
  })),
];
