import type { KubernetesObject } from '../storage/api.js';
import { apiVersionOf } from '../storage/resources.js';
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
  const shown = kind.show(object);
  switch (accepted.as) {
    case 'Table':
      return tableOf(kind, [shown], { resourceVersion: object.metadata.resourceVersion }, query, now);
    case 'PartialObjectMetadata':
      return partialOf(shown);
    case 'PartialObjectMetadataList':
      throw notAcceptable(
        `you requested PartialObjectMetadataList, but the requested object is not a list (*core.${kind.resource.kind})`,
      );
    default:
      return shown;
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
  const shown = objects.map((object) => kind.show(object));
  switch (accepted.as) {
    case 'Table':
      return tableOf(kind, shown, metadata, query, now);
    case 'PartialObjectMetadataList':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: META_VERSION,
        metadata,
        items: shown.length === 0 ? null : shown.map(partialOf),
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
        items: shown.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
      };
  }
};
