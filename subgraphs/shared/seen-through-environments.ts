import type { PermissionSet } from './permissions.js';

const readPermissions = { clusterId: 'clusters.read', projectId: 'projects.read' } as const;

/**
 * Who may see an environment may know of its cluster and of its project: which ones, of those that the environments
 * belong to. But for what a denial names as a whole.
 */
export function seenThroughEnvironments(
  permissions: PermissionSet,
  level: keyof typeof readPermissions,
  environments: readonly { clusterId: string; projectId: string; landscapeId: string }[],
): Set<string> {
  const seen = environments.filter((environment) => permissions.allows('environments.read', environment));
  return new Set(
    seen
      .map((environment) => environment[level])
      .filter((id) => !permissions.denies(readPermissions[level], { [level]: id })),
  );
}
