import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Review } from '../storage/reviewed-kinds.js';
import type { AddedGroup } from './aggregation/aggregator.js';
import { sendObject } from './answer.js';
import { type MediaType, parseAccept } from './content-negotiation.js';
import { entriesOf, versionsOf } from './served-groups.js';
import type { ServedKind } from './served-kinds.js';
import type { ServerContext } from './server-context.js';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const isAggregated = ({ parameters }: MediaType): boolean => parameters['as'] === 'APIGroupDiscoveryList';
export const wantsAggregated = (accept: string | undefined): boolean =>
  parseAccept(accept).find(
    (each) => each.type === 'application/json' && (!isAggregated(each) || each.parameters['v'] === 'v2'),
  )?.parameters['as'] === 'APIGroupDiscoveryList';
/** Only versions of aggregated discovery that are not served. */
export const refusesPlain = (accept: string | undefined): boolean => parseAccept(accept).every(isAggregated);

export const sendAggregated = (
  request: IncomingMessage,
  response: ServerResponse,
  items: readonly object[],
): void => {
  const document = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items,
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

export const aggregatedGroup = (group: string): object => ({
  metadata: group ? { name: group } : {},
  versions: versionsOf(group).map((version) => ({
    version,
    resources: entriesOf(group, version).map(({ kind }) => aggregatedEntry(kind)),
    freshness: 'Current',
  })),
});

export const addedGroup = ({ aggregator }: ServerContext, { name, versions }: AddedGroup): object => ({
  metadata: { name },
  versions: versions.map(({ version, isAvailable }) =>
    isAvailable
      ? {
          version,
          resources: (aggregator.resources(name, version) as any).resources.map((each: any) => ({
            resource: each.name,
            responseKind: { group: '', version: '', kind: each.kind },
            scope: each.namespaced ? 'Namespaced' : 'Cluster',
            singularResource: each.singularName,
            verbs: each.verbs,
          })),
          freshness: 'Current',
        }
      : { version, freshness: 'Stale' },
  ),
});

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
