import type { ResourceName } from './api.js';
import { coreResources } from './core-resources.js';
import { groupResources } from './group-resources.js';
import { type Resource, row, status } from './resource.js';

/** Everything that is stored, by group and version, in the order of the discovery documents. */
export const resources: readonly Resource[] = [
  row('apiregistration.k8s.io/v1', {
    name: 'apiservices',
    kind: 'APIService',
    namespaced: false,
    nameIs: 'path segment',
    categories: ['api-extensions'],
    storageVersionHash: 'InPBPD7+PqM=',
    subresources: [status('APIService')],
  }),
  ...coreResources,
  ...groupResources,
];

const byName = new Map(resources.map((resource) => [resource.name, resource]));

export const findResource = (name: ResourceName): Resource | undefined => byName.get(name);

export const getResource = (name: ResourceName): Resource => {
  const resource = byName.get(name);
  if (!resource) throw new Error(`the sandbox does not serve the resource ${name}`);
  return resource;
};
