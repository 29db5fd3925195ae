/** What needs rights in a cluster, with what does not work without them. */
export const clusterFeatures = {
  ENVIRONMENTS: 'Environments can not be created, watched or deleted, or their quota not be kept.',
  DEPLOYMENTS: 'Services can not be deployed, or their state and rollouts not be followed.',
  ROUTES: 'Public HTTP routes of services can not be made, or it is only guessed whether routes are ready.',
  PODS: 'Single pods can not be deleted.',
  LOGS: 'Logs of services can not be read.',
  EXEC: 'No shell or command can be opened in a container.',
  DEBUG: 'No debugging container can be added to a pod.',
  EVENTS: 'Events are not shown, and why something does not start is told less well.',
  INSTANCES: 'Marketplace instances can not be made, watched or deleted.',
  NODES: 'Nodes and the capacity of the cluster are not shown.',
  NODE_MAINTENANCE: 'Nodes can not be cordoned, uncordoned or drained.',
  STORAGE_CLASSES: 'Storage classes are not shown and volumes not checked against them.',
  METRICS: 'Use of CPU and memory is not shown.',
  IMPERSONATION: 'Calls can not be made in the name of whoever asks for them.',
} as const;

export type ClusterFeature = keyof typeof clusterFeatures;

/** Verbs that Meridian's account needs on one resource in all namespaces, and what for. */
export interface RequiredRight {
  /** Empty for the core group. */
  readonly group: string;
  /** Plural name, with the subresource if there is one: `pods/exec`. */
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly features: readonly ClusterFeature[];
}

const right = (
  group: string,
  resource: string,
  verbs: string,
  ...features: readonly ClusterFeature[]
): RequiredRight => ({ group, resource, verbs: verbs.split(' '), features });

/**
 * Everything that Meridian asks of an API server as its own account: the closed list. Whoever adds a call that is not
 * covered adds it here; test/integration/clusters/required-rights.test.ts lives with an account of just these rights.
 * What is applied (server-side) needs `create` and `patch`.
 */
export const requiredRights: readonly RequiredRight[] = [
  right('', 'namespaces', 'get list watch create patch delete', 'ENVIRONMENTS'),
  right('', 'resourcequotas', 'get list watch create patch', 'ENVIRONMENTS', 'DEPLOYMENTS', 'INSTANCES'),
  right('', 'limitranges', 'list create patch', 'ENVIRONMENTS', 'DEPLOYMENTS'),
  right('apps', 'deployments', 'get list watch create patch delete', 'DEPLOYMENTS'),
  right('apps', 'replicasets', 'get list watch', 'DEPLOYMENTS'),
  right('', 'pods', 'get list watch', 'DEPLOYMENTS', 'INSTANCES'),
  right('', 'services', 'get list create patch delete', 'DEPLOYMENTS', 'INSTANCES'),
  right('', 'configmaps', 'get list create patch delete', 'DEPLOYMENTS', 'INSTANCES'),
  right('', 'secrets', 'get list create patch delete', 'DEPLOYMENTS', 'INSTANCES'),
  right('', 'persistentvolumeclaims', 'get list watch create patch delete', 'DEPLOYMENTS', 'INSTANCES'),
  right('autoscaling', 'horizontalpodautoscalers', 'get list create patch delete', 'DEPLOYMENTS'),
  right('networking.k8s.io', 'ingresses', 'get list create patch delete', 'ROUTES'),
  right('discovery.k8s.io', 'endpointslices', 'list watch', 'ROUTES'),
  right('apps', 'statefulsets', 'get list watch create patch delete', 'INSTANCES'),
  right('', 'pods', 'delete', 'PODS'),
  right('', 'pods/log', 'get', 'LOGS'),
  // Kubernetes asks for `get` on the WebSocket until 1.34, for `create` from 1.35 on (KEP-4006).
  right('', 'pods/exec', 'get create', 'EXEC'),
  right('', 'pods/ephemeralcontainers', 'patch', 'DEBUG'),
  right('', 'pods/attach', 'get create', 'DEBUG'),
  right('', 'events', 'list', 'EVENTS'),
  right('', 'nodes', 'get list watch', 'NODES'),
  right('', 'nodes', 'patch', 'NODE_MAINTENANCE'),
  right('', 'pods/eviction', 'create', 'NODE_MAINTENANCE'),
  right('storage.k8s.io', 'storageclasses', 'get list watch', 'STORAGE_CLASSES'),
  right('metrics.k8s.io', 'nodes', 'list', 'METRICS'),
  right('metrics.k8s.io', 'pods', 'list', 'METRICS'),
];

/** Besides, when calls carry who they are made for. */
export const impersonationRights: readonly RequiredRight[] = [
  right('', 'users', 'impersonate', 'IMPERSONATION'),
  right('', 'groups', 'impersonate', 'IMPERSONATION'),
  right('authentication.k8s.io', 'uids', 'impersonate', 'IMPERSONATION'),
];

export const rightsFor = (options: { readonly impersonate: boolean }): readonly RequiredRight[] =>
  options.impersonate ? [...requiredRights, ...impersonationRights] : requiredRights;
