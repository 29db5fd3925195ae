import { allPermissions, type PermissionName } from '../../shared/permission-names.js';

export interface BuiltInRole {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly PermissionName[];
}

/** Seeing what a project is made of. */
const looking: PermissionName[] = [
  'projects.read',
  'environments.read',
  'applications.read',
  'services.read',
  'deployments.read',
  'instances.read',
];

const delivering: PermissionName[] = [
  'deployments.deploy',
  'deployments.rollback',
  'deployments.scale',
  'deployments.restart',
  'deployments.promote',
  'deployments.control',
];

const developing: PermissionName[] = [
  ...looking,
  ...delivering,
  'clusters.read',
  'bindings.read',
  'applications.create',
  'applications.update',
  'services.create',
  'services.delete',
  'pods.delete',
  'logs.read',
  'exec.open',
  'exec.debug',
  'exec.read',
  'instances.create',
  'instances.update',
  'instances.bind',
];

/** Roles that every installation has. Those who hold them get a change here at the next start. */
export const builtInRoles: readonly BuiltInRole[] = [
  {
    name: 'platform-admin',
    description: 'May do everything. Somebody always has it for the whole platform.',
    permissions: allPermissions,
  },
  {
    name: 'auditor',
    description: 'Sees everything but logs, with the audit log, and changes nothing.',
    permissions: allPermissions.filter((name) => name.endsWith('.read') && name !== 'logs.read'),
  },
  {
    name: 'project-owner',
    description: 'Everything within a project, its members included. Whoever creates a project gets it.',
    permissions: [
      ...developing,
      'users.read',
      'teams.read',
      'bindings.manage',
      'audit.read',
      'exec.any-command',
      'exec.replay',
      'projects.update',
      'projects.delete',
      'environments.create',
      'environments.update',
      'environments.delete',
      'applications.delete',
      'instances.delete',
      'credentials.reveal',
    ],
  },
  {
    name: 'developer',
    description: 'Builds and runs applications: services, deployments, logs, shells, marketplace instances.',
    permissions: developing,
  },
  {
    name: 'viewer',
    description: 'Sees a project with its logs and changes nothing.',
    permissions: [...looking, 'clusters.read', 'bindings.read', 'logs.read'],
  },
  {
    name: 'ci',
    description: 'What a pipeline needs: deploy, roll back, promote, and see how it went.',
    permissions: [...looking, ...delivering, 'logs.read'],
  },
];
