/**
 * Every functional permission there is, with what it lets a caller do. Roles are sets of these; each field of the
 * schema declares one of them, or one of the two words below.
 */
export const permissionNames = {
  'users.read': 'see users beyond their name: e-mail address, teams, state',
  'users.manage': 'create, change, disable and enable users',
  'teams.read': 'see teams and their members',
  'teams.manage': 'create, change and delete teams',
  'roles.manage': 'create, change and delete roles',
  'bindings.read': 'see who holds which role where',
  'bindings.manage': 'give and take roles',
  'audit.read': 'read the audit log',
  'clusters.read': 'see clusters, their state, nodes and storage classes',
  'clusters.register': 'register clusters',
  'clusters.skip-verification': 'let clusters be used without verifying their certificate',
  'clusters.update': 'change clusters and their credentials',
  'clusters.unregister': 'unregister clusters',
  'clusters.nodes.cordon': 'cordon and uncordon nodes of clusters',
  'clusters.nodes.drain': 'drain nodes of clusters: evict their pods',
  'projects.read': 'see projects',
  'projects.create': 'create projects',
  'projects.update': 'change projects',
  'projects.delete': 'delete projects',
  'environments.read': 'see environments and their quota',
  'environments.create': 'create environments',
  'environments.update': 'change the quota of environments',
  'environments.delete': 'delete environments with everything in them',
  'applications.read': 'see applications',
  'applications.create': 'create applications',
  'applications.update': 'change applications',
  'applications.delete': 'delete applications',
  'services.read': 'see services, their pods, routes and events',
  'services.create': 'create services',
  'services.delete': 'delete services with what runs',
  'deployments.read': 'see deployments and rollouts',
  'deployments.deploy': 'deploy a service',
  'deployments.rollback': 'roll a service back',
  'deployments.scale': 'change the number of replicas',
  'deployments.restart': 'restart a service',
  'deployments.promote': 'promote a deployment to another environment',
  'deployments.control': 'pause, resume and abort rollouts',
  'pods.delete': 'delete pods',
  'logs.read': 'read the logs of services',
  'exec.open': 'open a shell, or run a command that the installation allows, in a container',
  'exec.any-command': 'run any command in a container',
  'exec.debug': 'add a debugging container to a pod and open a session in it',
  'exec.read': 'see the sessions in containers: whose, where, when, why and how they ended',
  'exec.replay': 'read the recordings of sessions in containers, with a reason',
  'instances.read': 'see marketplace instances',
  'instances.create': 'create marketplace instances',
  'instances.update': 'change marketplace instances',
  'instances.delete': 'delete marketplace instances',
  'instances.bind': 'bind instances to services',
  'credentials.reveal': 'read the credentials of an instance, with a reason',
} as const;

export type PermissionName = keyof typeof permissionNames;

export const allPermissions = Object.keys(permissionNames) as PermissionName[];

/** Words that a field may declare instead of a permission. */
export type OpenAccess =
  /** Anybody, also without signing in. */
  | 'public'
  /** Anybody who is signed in; what they see is still limited to what concerns them or is common knowledge. */
  | 'signed-in';

export const isPermissionName = (value: string): value is PermissionName =>
  Object.hasOwn(permissionNames, value);
