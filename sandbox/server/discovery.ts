import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '../storage/api.js';
import { apiVersionOf, type Review, reviews } from '../storage/resources.js';
import { sendObject, sendText } from './answer.js';
import { type MediaType, negotiate, parseAccept } from './content-negotiation.js';
import { type ServedKind, servedKinds } from './served-kinds.js';
import type { ServerContext } from './server-context.js';

interface Entry {
  readonly group: string;
  readonly version: string;
  readonly kind: ServedKind | Review;
}

const entries: readonly Entry[] = [
  ...servedKinds.map((kind): Entry => ({ group: kind.group, version: kind.version, kind })),
  ...reviews.map((kind): Entry => ({ group: kind.group, version: kind.version, kind })),
];

/** Groups in the order in which the real server lists them. */
const GROUP_ORDER = [
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
];

const servedGroups = (): string[] => GROUP_ORDER.filter(isServedGroup);

const versionsOf = (group: string): string[] => [
  ...new Set(entries.filter((entry) => entry.group === group).map(({ version }) => version)),
];

export const isServedGroup = (group: string): boolean => entries.some((entry) => entry.group === group);
export const isServedVersion = (group: string, version: string): boolean =>
  entries.some((entry) => entry.group === group && entry.version === version);

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
    if (wantsAggregated(accept)) sendAggregated(request, response, root === 'api' ? [''] : servedGroups());
    else
      sendObject(
        response,
        200,
        root === 'api' ? coreVersions(context) : groupList(),
        negotiate(accept, !refusesPlain(accept)).format,
      );
    return true;
  }
  const { format } = negotiate(accept);
  if (root === 'api') {
    if (!isServedVersion('', group)) return false;
    sendObject(response, 200, resourceList('', group), format);
  } else if (!isServedGroup(group)) sendText(response, 404, '404 page not found\n');
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

const groupEntry = (name: string): object => {
  const versions = versionsOf(name).map((version) => ({
    groupVersion: apiVersionOf({ group: name, version }),
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
};

const groupList = (): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: servedGroups().map(groupEntry),
});

const resourceList = (group: string, version: string): object => ({
  kind: 'APIResourceList',
  ...(group ? { apiVersion: 'v1' } : {}),
  groupVersion: apiVersionOf({ group, version }),
  resources: entries
    .filter((entry) => entry.group === group && entry.version === version)
    .flatMap(({ kind }) => ('resource' in kind ? storedEntries(kind) : [reviewEntry(kind)])),
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

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const isAggregated = ({ parameters }: MediaType): boolean => parameters['as'] === 'APIGroupDiscoveryList';
const wantsAggregated = (accept: string | undefined): boolean =>
  parseAccept(accept).find(
    (each) => each.type === 'application/json' && (!isAggregated(each) || each.parameters['v'] === 'v2'),
  )?.parameters['as'] === 'APIGroupDiscoveryList';
/** Only versions of aggregated discovery that are not served. */
const refusesPlain = (accept: string | undefined): boolean => parseAccept(accept).every(isAggregated);

const sendAggregated = (
  request: IncomingMessage,
  response: ServerResponse,
  groups: readonly string[],
): void => {
  const document = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group ? { name: group } : {},
      versions: versionsOf(group).map((version) => ({
        version,
        resources: entries
          .filter((entry) => entry.group === group && entry.version === version)
          .map(({ kind }) => aggregatedEntry(kind)),
        freshness: 'Current',
      })),
    })),
  };
  const etag = `"${createHash('sha512').update(JSON.stringify(document)).digest('hex').toUpperCase()}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Vary', 'Accept');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304);
    response.end();
    return;
  }
  response.setHeader('Content-Type', AGGREGATED);
  sendObject(response, 200, document);
};

const aggregatedEntry = (kind: ServedKind | Review): object => {
  const responseKind = (name: string, group = '', version = ''): object => ({ group, version, kind: name });
  if (!('resource' in kind))
    return {
      resource: kind.name,
      responseKind: responseKind(kind.kind),
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: kind.kind.toLowerCase(),
      verbs: ['create'],
    };
  const { resource } = kind;
  return {
    resource: resource.name,
    responseKind: responseKind(resource.kind),
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.subresources.length > 0
      ? {
          subresources: resource.subresources.map((each) => ({
            subresource: each.name,
            responseKind: responseKind(each.kind, each.group, each.version),
            verbs: each.verbs,
          })),
        }
      : {}),
  };
};
