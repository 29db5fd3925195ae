import type { KubernetesObject } from '../storage/api.js';
import type { Resource } from '../storage/resource.js';
import { findResource, resources } from '../storage/resources.js';
import { autoscalingV1View } from './views/autoscaling-v1.view.js';
import { eventsView } from './views/events.view.js';
import type { View } from './views/view.js';

/** One kind under one group and version; several can show the same stored resource. */
export interface ServedKind {
  /** How it is stored. */
  readonly resource: Resource;
  readonly group: string;
  readonly version: string;
  /** The class of @kubernetes/client-node that has the fields of this version. */
  readonly model: string;
  /** As stored, or converted. */
  show(object: KubernetesObject): KubernetesObject;
  store(draft: any): any;
}

const views: readonly View[] = [eventsView, autoscalingV1View];

const asStored = (resource: Resource): ServedKind => ({
  resource,
  group: resource.group,
  version: resource.version,
  model: resource.model,
  show: (object) => object,
  store: (draft) => draft,
});

export const servedKinds: readonly ServedKind[] = [
  ...resources.map(asStored),
  ...views.map((view): ServedKind => {
    const stored = findResource(view.resource) as Resource;
    return {
      ...view,
      resource: { ...stored, group: view.group, version: view.version, fieldSelectors: view.fieldSelectors },
    };
  }),
];

const index = new Map(
  servedKinds.map((kind) => [`${kind.group}/${kind.version}/${kind.resource.name}`, kind]),
);

export const findServedKind = (group: string, version: string, name: string): ServedKind | undefined =>
  index.get(`${group}/${version}/${name}`);
