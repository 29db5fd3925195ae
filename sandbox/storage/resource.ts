import type { ResourceName } from './api.js';

/** One row of the table of what the sandbox serves. */
export interface Resource {
  readonly name: ResourceName;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly singular: string;
  /** The class of @kubernetes/client-node that has the fields. */
  readonly model: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly storageVersionHash?: string;
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** The main resource ignores changes of status, and `/status` ignores all others. */
  readonly hasStatus: boolean;
  /** metadata.generation counts changes of the specification. */
  readonly hasGeneration: boolean;
  /** DELETE answers the object instead of a Status. */
  readonly deleteAnswersObject: boolean;
  /** Besides labels, what lists can be narrowed by. */
  readonly fieldSelectors: readonly string[];
  /** Names are DNS labels instead of DNS subdomains. */
  readonly nameIs: 'subdomain' | 'label' | 'path segment';
  /** A Warning header on each request. */
  readonly warning?: string;
}

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly group?: string;
  readonly version?: string;
}

/** Of what can be read and changed in every way. */
export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
export const writable = ['get', 'patch', 'update'];
export const scale: Subresource = {
  name: 'scale',
  kind: 'Scale',
  verbs: writable,
  group: 'autoscaling',
  version: 'v1',
};
export const status = (kind: string): Subresource => ({ name: 'status', kind, verbs: writable });

export type Row = Partial<Resource> & Pick<Resource, 'name' | 'kind'>;

/** A row with the defaults of most kinds. */
export const row = (groupVersion: string, given: Row): Resource => {
  const slash = groupVersion.indexOf('/');
  const version = groupVersion.slice(slash + 1);
  const subresources = given.subresources ?? [];
  return {
    group: slash < 0 ? '' : groupVersion.slice(0, slash),
    version,
    singular: given.kind.toLowerCase(),
    model: `${version.toUpperCase()}${given.kind}`,
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: allVerbs,
    subresources,
    hasStatus: subresources.some(({ name }) => name === 'status'),
    hasGeneration: false,
    deleteAnswersObject: false,
    fieldSelectors: ['metadata.name', 'metadata.namespace'],
    nameIs: 'subdomain',
    ...given,
  };
};

export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;

/** Such as `deployments.apps`, as messages name a resource. */
export const qualifiedName = ({ name, group }: { name: string; group: string }): string =>
  group ? `${name}.${group}` : name;
