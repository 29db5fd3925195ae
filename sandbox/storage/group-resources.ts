import { type Resource, type Row, row, scale, status } from './resource.js';

const workload = (kind: string, given: Row): Row => ({
  categories: ['all'],
  subresources: [scale, status(kind)],
  hasGeneration: true,
  ...given,
});

/** The kinds of the named groups, in the order of discovery. */
export const groupResources: readonly Resource[] = [
  row('apps/v1', {
    name: 'controllerrevisions',
    kind: 'ControllerRevision',
    storageVersionHash: '85nkx63pcBU=',
  }),
  row(
    'apps/v1',
    workload('DaemonSet', {
      name: 'daemonsets',
      kind: 'DaemonSet',
      shortNames: ['ds'],
      storageVersionHash: 'dd7pWHUlMKQ=',
      subresources: [status('DaemonSet')],
    }),
  ),
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
  row('batch/v1', {
    name: 'cronjobs',
    kind: 'CronJob',
    shortNames: ['cj'],
    categories: ['all'],
    storageVersionHash: 'sd5LIXh4Fjs=',
    subresources: [status('CronJob')],
    hasGeneration: true,
  }),
  row('batch/v1', {
    name: 'jobs',
    kind: 'Job',
    categories: ['all'],
    storageVersionHash: 'mudhfqk/qZY=',
    subresources: [status('Job')],
    hasGeneration: true,
    fieldSelectors: ['metadata.name', 'metadata.namespace', 'status.successful'],
  }),
  row('scheduling.k8s.io/v1', {
    name: 'priorityclasses',
    kind: 'PriorityClass',
    namespaced: false,
    shortNames: ['pc'],
    storageVersionHash: '1QwjyaZjj3Y=',
    hasGeneration: true,
    deleteAnswersObject: true,
  }),
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
