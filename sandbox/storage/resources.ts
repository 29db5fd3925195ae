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
  /** Without a policy in the request, what happens to dependents. */
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

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const writable = ['get', 'patch', 'update'];
const scale: Subresource = {
  name: 'scale',
  kind: 'Scale',
  verbs: writable,
  group: 'autoscaling',
  version: 'v1',
};
const status = (kind: string): Subresource => ({ name: 'status', kind, verbs: writable });

type Row = Partial<Resource> & Pick<Resource, 'name' | 'kind'>;

const row = (groupVersion: string, given: Row): Resource => {
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

const podSubresources: Subresource[] = [
  { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  { name: 'eviction', kind: 'Eviction', verbs: ['create'], group: 'policy', version: 'v1' },
  { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
  { name: 'log', kind: 'Pod', verbs: ['get'] },
  status('Pod'),
];

const podFields = [
  'metadata.name',
  'metadata.namespace',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.nominatedNodeName',
];

const eventFields = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
  'metadata.name',
  'metadata.namespace',
];

const workload = (kind: string, given: Row): Row => ({
  categories: ['all'],
  subresources: [scale, status(kind)],
  hasGeneration: true,
  ...given,
});

/** Everything that is stored, by group and version, in the order of the discovery documents. */
export const resources: readonly Resource[] = [
  row('v1', {
    name: 'configmaps',
    kind: 'ConfigMap',
    shortNames: ['cm'],
    storageVersionHash: 'qFsyl6wFWjQ=',
  }),
  row('v1', {
    name: 'endpoints',
    kind: 'Endpoints',
    singular: 'endpoints',
    shortNames: ['ep'],
    storageVersionHash: 'fWeeMqaN/OA=',
    warning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  }),
  row('v1', {
    name: 'events',
    kind: 'Event',
    model: 'CoreV1Event',
    shortNames: ['ev'],
    storageVersionHash: 'r2yiGXH7wu8=',
    fieldSelectors: eventFields,
  }),
  row('v1', {
    name: 'limitranges',
    kind: 'LimitRange',
    shortNames: ['limits'],
    storageVersionHash: 'EBKMFVe6cwo=',
  }),
  row('v1', {
    name: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    nameIs: 'label',
    verbs: allVerbs.filter((verb) => verb !== 'deletecollection'),
    shortNames: ['ns'],
    storageVersionHash: 'Q3oi5N2YM8M=',
    subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, status('Namespace')],
    fieldSelectors: ['metadata.name', 'status.phase'],
    deleteAnswersObject: true,
  }),
  row('v1', {
    name: 'nodes',
    kind: 'Node',
    namespaced: false,
    shortNames: ['no'],
    storageVersionHash: 'XwShjMxG9Fs=',
    subresources: [status('Node')],
    fieldSelectors: ['metadata.name', 'spec.unschedulable'],
  }),
  row('v1', {
    name: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    shortNames: ['pvc'],
    storageVersionHash: 'QWTyNDq0dC4=',
    subresources: [status('PersistentVolumeClaim')],
    deleteAnswersObject: true,
  }),
  row('v1', {
    name: 'persistentvolumes',
    kind: 'PersistentVolume',
    namespaced: false,
    shortNames: ['pv'],
    storageVersionHash: 'HN/zwEC+JgM=',
    subresources: [status('PersistentVolume')],
    deleteAnswersObject: true,
  }),
  row('v1', {
    name: 'pods',
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    storageVersionHash: 'xPOwRZ+Yhw8=',
    subresources: podSubresources,
    hasGeneration: true,
    deleteAnswersObject: true,
    fieldSelectors: podFields,
  }),
  row('v1', {
    name: 'resourcequotas',
    kind: 'ResourceQuota',
    shortNames: ['quota'],
    storageVersionHash: '8uhSgffRX6w=',
    subresources: [status('ResourceQuota')],
    deleteAnswersObject: true,
  }),
  row('v1', {
    name: 'secrets',
    kind: 'Secret',
    storageVersionHash: 'S6u1pOWzb84=',
    fieldSelectors: ['metadata.name', 'metadata.namespace', 'type'],
  }),
  row('v1', {
    name: 'serviceaccounts',
    kind: 'ServiceAccount',
    shortNames: ['sa'],
    storageVersionHash: 'pbx9ZvyFpBE=',
    subresources: [
      {
        name: 'token',
        kind: 'TokenRequest',
        verbs: ['create'],
        group: 'authentication.k8s.io',
        version: 'v1',
      },
    ],
    deleteAnswersObject: true,
  }),
  row('v1', {
    name: 'services',
    kind: 'Service',
    nameIs: 'label',
    shortNames: ['svc'],
    categories: ['all'],
    storageVersionHash: '0/CO1lhkEBI=',
    subresources: [status('Service')],
    deleteAnswersObject: true,
    fieldSelectors: ['metadata.name', 'metadata.namespace', 'spec.clusterIP', 'spec.type'],
  }),
  row('apps/v1', {
    name: 'controllerrevisions',
    kind: 'ControllerRevision',
    storageVersionHash: '85nkx63pcBU=',
  }),
  row(
    'apps/v1',
    workload('Deployment', {
      name: 'deployments',
      kind: 'Deployment',
      shortNames: ['deploy'],
      storageVersionHash: '8aSe+NMegvE=',
    }),
  ),
  row(
    'apps/v1',
    workload('ReplicaSet', {
      name: 'replicasets',
      kind: 'ReplicaSet',
      shortNames: ['rs'],
      storageVersionHash: 'P1RzHs8/mWQ=',
      fieldSelectors: ['metadata.name', 'metadata.namespace', 'status.replicas'],
    }),
  ),
  row(
    'apps/v1',
    workload('StatefulSet', {
      name: 'statefulsets',
      kind: 'StatefulSet',
      shortNames: ['sts'],
      storageVersionHash: 'H+vl74LkKdo=',
    }),
  ),
  row('networking.k8s.io/v1', {
    name: 'ingresses',
    kind: 'Ingress',
    shortNames: ['ing'],
    storageVersionHash: '39NQlfNR+bo=',
    subresources: [status('Ingress')],
    hasGeneration: true,
  }),
  row('autoscaling/v2', {
    name: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    shortNames: ['hpa'],
    categories: ['all'],
    storageVersionHash: 'qwQve8ut294=',
    subresources: [status('HorizontalPodAutoscaler')],
  }),
  row('policy/v1', {
    name: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    shortNames: ['pdb'],
    storageVersionHash: 'EVWiDmWqyJw=',
    subresources: [status('PodDisruptionBudget')],
    hasGeneration: true,
  }),
  row('discovery.k8s.io/v1', {
    name: 'endpointslices',
    kind: 'EndpointSlice',
    storageVersionHash: 'qgS0xkrxYAI=',
    hasGeneration: true,
  }),
  row('storage.k8s.io/v1', {
    name: 'storageclasses',
    kind: 'StorageClass',
    namespaced: false,
    shortNames: ['sc'],
    storageVersionHash: 'K+m6uJwbjGY=',
    deleteAnswersObject: true,
  }),
  row('rbac.authorization.k8s.io/v1', {
    name: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
    nameIs: 'path segment',
  }),
  row('rbac.authorization.k8s.io/v1', {
    name: 'clusterroles',
    kind: 'ClusterRole',
    namespaced: false,
    nameIs: 'path segment',
  }),
  row('rbac.authorization.k8s.io/v1', { name: 'rolebindings', kind: 'RoleBinding', nameIs: 'path segment' }),
  row('rbac.authorization.k8s.io/v1', { name: 'roles', kind: 'Role', nameIs: 'path segment' }),
  row('coordination.k8s.io/v1', { name: 'leases', kind: 'Lease', storageVersionHash: 'gqkMMb/YqFM=' }),
];

/** Kinds that are only created and answered, never stored. */
export interface Review {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly model: string;
}

const review = (group: string, name: string, kind: string, namespaced = false): Review => ({
  name,
  group,
  version: 'v1',
  kind,
  namespaced,
  model: `V1${kind}`,
});

export const reviews: readonly Review[] = [
  review('authentication.k8s.io', 'selfsubjectreviews', 'SelfSubjectReview'),
  review('authentication.k8s.io', 'tokenreviews', 'TokenReview'),
  review('authorization.k8s.io', 'localsubjectaccessreviews', 'LocalSubjectAccessReview', true),
  review('authorization.k8s.io', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
  review('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview'),
];

const byName = new Map(resources.map((resource) => [resource.name, resource]));

export const findResource = (name: ResourceName): Resource | undefined => byName.get(name);

export const getResource = (name: ResourceName): Resource => {
  const resource = byName.get(name);
  if (!resource) throw new Error(`the sandbox does not serve the resource ${name}`);
  return resource;
};

export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;

/** Such as `deployments.apps`, as messages name a resource. */
export const qualifiedName = ({ name, group }: { name: string; group: string }): string =>
  group ? `${name}.${group}` : name;
