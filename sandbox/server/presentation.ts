import type { KubernetesObject } from '../storage/api.js';
import { apiVersionOf } from '../storage/resource.js';
import { type Accepted, notAcceptable } from './content-negotiation.js';
import { META_VERSION, partialOf } from './partial-metadata.js';
import type { ServedKind } from './served-kinds.js';
import { tableOf } from './table.js';

/** One object in the form that the client asked for. */
export const presentObject = (
  kind: ServedKind,
  object: KubernetesObject,
  accepted: Accepted,
  query: URLSearchParams,
  now: number,
): object => {
  switch (accepted.as) {
    case 'Table':
      return tableOf(kind, [object], { resourceVersion: object.metadata.resourceVersion }, query, now);
    case 'PartialObjectMetadata':
      return partialOf(kind.show(object));
    case 'PartialObjectMetadataList':
      throw notAcceptable(
        `you requested PartialObjectMetadataList, but the requested object is not a list (*core.${kind.resource.kind})`,
      );
    default:
      return kind.show(object);
  }
};

/** A list in the form that the client asked for; items of plain lists do not repeat kind and apiVersion. */
export const presentList = (
  kind: ServedKind,
  objects: readonly KubernetesObject[],
  metadata: object,
  accepted: Accepted,
  query: URLSearchParams,
  now: number,
): object => {
  switch (accepted.as) {
    case 'Table':
      return tableOf(kind, objects, metadata, query, now);
    case 'PartialObjectMetadataList':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: META_VERSION,
        metadata,
        items: objects.length === 0 ? null : objects.map((object) => partialOf(kind.show(object))),
      };
    case 'PartialObjectMetadata':
      throw notAcceptable(
        `you requested PartialObjectMetadata, but the requested object is not a single object (*core.${kind.resource.kind}List)`,
      );
    default:
      return {
        kind: `${kind.resource.kind}List`,
        apiVersion: apiVersionOf(kind),
        metadata,
        items: objects.map((object) => {
          const { kind: _kind, apiVersion: _apiVersion, ...item } = kind.show(object);
          return item;
        }),
      };
  }
};
