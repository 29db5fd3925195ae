import type { Exchange } from './recording.js';

/** Of what a whole Kubernetes serves, the part that the sandbox serves; it has to say the same about that part. */
export const narrowDiscovery = (expected: any, actual: any, _exchange: Exchange): any => {
  switch (expected?.kind) {
    case 'APIGroupList':
      return {
        ...expected,
        groups: common(expected.groups, actual.groups, ({ name }) => name).map((group) =>
          narrowVersions(
            group,
            actual.groups.find(({ name }: any) => name === group.name),
          ),
        ),
      };
    case 'APIGroup':
      return narrowVersions(expected, actual);
    case 'APIResourceList':
    case undefined:
      if (expected?.paths && !Array.isArray(expected.paths))
        return {
          paths: Object.fromEntries(Object.entries(expected.paths).filter(([path]) => path in actual.paths)),
        };
      if (expected?.paths)
        return { ...expected, paths: expected.paths.filter((path: string) => actual.paths.includes(path)) };
      if (!expected?.resources) return expected;
      return { ...expected, resources: common(expected.resources, actual.resources, ({ name }) => name) };
    case 'APIGroupDiscoveryList':
      return { ...expected, items: narrowGroups(expected.items, actual.items) };
    default:
      return expected;
  }
};

const narrowVersions = (expected: any, actual: any): any => ({
  ...expected,
  versions: common(expected.versions, actual.versions, ({ version }) => version),
});

const common = (expected: any[], actual: any[], nameOf: (item: any) => string): any[] => {
  const served = new Set(actual.map(nameOf));
  return expected.filter((item) => served.has(nameOf(item)));
};

const narrowGroups = (expected: any[], actual: any[]): any[] =>
  common(expected, actual, ({ metadata }) => metadata.name ?? '').map((group) => {
    const served = actual.find(({ metadata }) => metadata.name === group.metadata.name);
    return {
      ...group,
      versions: common(group.versions, served.versions, ({ version }) => version).map((version: any) => {
        const servedVersion = served.versions.find((each: any) => each.version === version.version);
        const resources = common(version.resources, servedVersion.resources, ({ resource }) => resource);
        return {
          ...version,
          resources: resources.map((resource) => narrowSubresources(resource, servedVersion)),
        };
      }),
    };
  });

const narrowSubresources = (resource: any, servedVersion: any): any => {
  if (!resource.subresources) return resource;
  const served = servedVersion.resources.find((each: any) => each.resource === resource.resource);
  const subresources = common(
    resource.subresources,
    served.subresources ?? [],
    ({ subresource }) => subresource,
  );
  return { ...resource, subresources };
};
