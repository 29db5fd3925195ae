import type { Registry } from '../../storage/registry.js';
import type { PolicyRule } from './policy-rule.js';
import { AUTHENTICATED, MASTERS } from './user.js';

const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const rule = (verbs: readonly string[], group: string, ...resources: string[]): PolicyRule => ({
  verbs,
  apiGroups: [group],
  resources,
});
const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs });

/** What the user-facing roles are about: those that may be read, those of them that may be changed as well. */
const workloads = {
  '': [
    'configmaps',
    'endpoints',
    'persistentvolumeclaims',
    'pods',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'serviceaccounts',
    'services',
  ],
  apps: [
    'daemonsets',
    'deployments',
    'deployments/scale',
    'replicasets',
    'replicasets/scale',
    'statefulsets',
    'statefulsets/scale',
  ],
  autoscaling: ['horizontalpodautoscalers'],
  batch: ['cronjobs', 'jobs'],
  extensions: [
    'daemonsets',
    'deployments',
    'deployments/scale',
    'ingresses',
    'networkpolicies',
    'replicasets',
    'replicasets/scale',
    'replicationcontrollers/scale',
  ],
  'networking.k8s.io': ['ingresses', 'networkpolicies'],
  policy: ['poddisruptionbudgets'],
  'resource.k8s.io': ['resourceclaims', 'resourceclaimtemplates'],
};

const readOnly = {
  '': [
    'bindings',
    'events',
    'limitranges',
    'namespaces',
    'namespaces/status',
    'persistentvolumeclaims/status',
    'pods/log',
    'pods/status',
    'replicationcontrollers/status',
    'resourcequotas',
    'resourcequotas/status',
    'services/status',
  ],
  apps: [
    'controllerrevisions',
    'daemonsets/status',
    'deployments/status',
    'replicasets/status',
    'statefulsets/status',
  ],
  autoscaling: ['horizontalpodautoscalers/status'],
  batch: ['cronjobs/status', 'jobs/status'],
  'discovery.k8s.io': ['endpointslices'],
  'events.k8s.io': ['events'],
  extensions: ['daemonsets/status', 'deployments/status', 'ingresses/status', 'replicasets/status'],
  'networking.k8s.io': ['ingresses/status'],
  policy: ['poddisruptionbudgets/status'],
  'resource.k8s.io': ['resourceclaims/status'],
};

const rulesOver = (verbs: readonly string[], kinds: Readonly<Record<string, string[]>>): PolicyRule[] =>
  Object.entries(kinds).map(([group, names]) => rule(verbs, group, ...names));

const view = [...rulesOver(READ, workloads), ...rulesOver(READ, readOnly)];
const edit = [
  rule(READ, '', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'),
  rule(['impersonate'], '', 'serviceaccounts'),
  rule(['create'], '', 'pods/eviction', 'serviceaccounts/token'),
  rule(WRITE, '', 'events', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets'),
  rule(ALL, 'coordination.k8s.io', 'leases'),
  ...rulesOver(WRITE, workloads),
  ...view,
];

const clusterRoles: Readonly<Record<string, readonly PolicyRule[]>> = {
  admin: [
    ...edit,
    rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews'),
    rule(ALL, 'rbac.authorization.k8s.io', 'rolebindings', 'roles'),
  ],
  'cluster-admin': [rule(['*'], '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }],
  edit,
  'system:basic-user': [
    rule(['create'], 'authorization.k8s.io', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
    rule(['create'], 'authentication.k8s.io', 'selfsubjectreviews'),
  ],
  'system:discovery': [
    paths(
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
      '/version/',
    ),
  ],
  'system:public-info-viewer': [paths('/healthz', '/livez', '/readyz', '/version', '/version/')],
  'system:service-account-issuer-discovery': [
    paths(
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/',
      '/openid/v1/jwks',
      '/openid/v1/jwks/',
    ),
  ],
  view,
};

/** Groups that a cluster role of the same name is bound to. */
const clusterRoleBindings: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': [MASTERS],
  'system:basic-user': [AUTHENTICATED],
  'system:discovery': [AUTHENTICATED],
  'system:public-info-viewer': [AUTHENTICATED, 'system:unauthenticated'],
  'system:service-account-issuer-discovery': ['system:serviceaccounts'],
};

const apiGroup = 'rbac.authorization.k8s.io';

/** The roles that every cluster has from its start, as far as they are about what the sandbox serves. */
export const createBootstrapRoles = (registry: Registry): void => {
  const common = {
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
  const api = registry.as('kube-apiserver');
  for (const [name, rules] of Object.entries(clusterRoles))
    api.create('clusterroles', { metadata: { name, ...common }, rules });
  for (const [name, groups] of Object.entries(clusterRoleBindings))
    api.create('clusterrolebindings', {
      metadata: { name, ...common },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: groups.map((group) => ({ apiGroup, kind: 'Group', name: group })),
    });
};
