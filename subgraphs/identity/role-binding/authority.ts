import { ForbiddenError } from '../../shared/errors.js';
import { isPermissionName, type PermissionName } from '../../shared/permission-names.js';
import { type Scope, scopeLevels } from '../../shared/permission-scope.js';
import type { PermissionSet } from '../../shared/permissions.js';

/**
 * Nobody gives what they do not hold themselves, in the whole scope that they give it for. These are the rules of
 * that; everything that can widen somebody's rights (bindings, team members, changed roles, passwords) asks here.
 */

/** Everything within `inner` is within `outer` too. */
const contains = (outer: Scope, inner: Scope): boolean =>
  scopeLevels.every((level) => outer[level] == null || outer[level] === inner[level]);

/** Some record may be within both. */
const overlap = (one: Scope, other: Scope): boolean =>
  scopeLevels.every((level) => one[level] == null || other[level] == null || one[level] === other[level]);

/** May the caller use the permission on every record of the scope, with no denial anywhere in it? */
export function holdsThroughout(
  permissions: PermissionSet,
  permission: PermissionName,
  scope: Scope,
): boolean {
  const { allow, deny } = permissions.filter(permission);
  return allow.some((held) => contains(held, scope)) && !deny.some((denied) => overlap(denied, scope));
}

/**
 * Throws ForbiddenError naming the first permission that the caller lacks somewhere in the scope. A name that is no
 * permission (any more) lets nobody do anything, so anybody may give it.
 */
export function requireHeld(permissions: PermissionSet, names: readonly string[], scope: Scope): void {
  const missing = names.find((name) => isPermissionName(name) && !holdsThroughout(permissions, name, scope));
  if (missing === undefined) return;
  throw new ForbiddenError(
    missing,
    `You can't give ${missing} here: you do not hold it yourself in the whole of this scope.`,
  );
}

/**
 * Denials are for those who manage roles of the whole platform; a project's owner could otherwise lock administrators
 * out. Nobody makes or lifts one that concerns themselves.
 */
export function requireMayDeny(permissions: PermissionSet, concernsCaller: boolean): void {
  permissions.require('bindings.manage');
  if (!concernsCaller) return;
  throw new ForbiddenError(
    'bindings.manage',
    'A denial that concerns yourself is for somebody else to make or lift.',
  );
}
