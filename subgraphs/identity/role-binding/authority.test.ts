import { describe, expect, it } from 'vitest';
import { ForbiddenError } from '../../shared/errors.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { Scope } from '../../shared/permission-scope.js';
import { PermissionSet } from '../../shared/permissions.js';
import type { Grant } from '../../shared/published/grant.js';
import { holdsThroughout, requireHeld, requireMayDeny } from './authority.js';

const shop = { projectId: 'project_shop' };
const production = { landscapeId: 'landscape_prod' };
const shopInProduction = { ...shop, ...production };

const allow = (permission: PermissionName, scope: Scope = {}): Grant => ({
  permissions: [permission],
  effect: 'ALLOW',
  ...scope,
});
const deny = (permission: PermissionName, scope: Scope = {}): Grant => ({
  permissions: [permission],
  effect: 'DENY',
  ...scope,
});

function holding(
  grants: Grant[],
  limit: { permissions: string[] | null; scope: Scope } | null = null,
): PermissionSet {
  const caller = {
    userId: 'user_1',
    credentialId: 'session_1',
    credentialKind: 'SESSION',
    expiresAt: Number.MAX_SAFE_INTEGER,
    requestId: 'r1',
    address: null,
  } as const;
  return new PermissionSet(caller, grants, limit);
}

describe('holding a permission throughout a scope', () => {
  it.each<[string, Grant[], Scope, boolean]>([
    ['is having it for the platform', [allow('exec.open')], shop, true],
    ['is having it in the same scope', [allow('exec.open', shop)], shop, true],
    ['is having it in a wider scope', [allow('exec.open', shop)], shopInProduction, true],
    ['is not having it in a narrower scope', [allow('exec.open', shopInProduction)], shop, false],
    ['is not having it elsewhere', [allow('exec.open', { projectId: 'project_bank' })], shop, false],
    [
      'is not having it in parts that add up',
      [allow('exec.open', shop), allow('exec.open', production)],
      {},
      false,
    ],
    ['is not having it in a project for the platform', [allow('exec.open', shop)], {}, false],
    [
      'fails with a denial of all of it',
      [allow('exec.open'), deny('exec.open', shop)],
      shopInProduction,
      false,
    ],
    [
      'fails with a denial of a part of it',
      [allow('exec.open'), deny('exec.open', shopInProduction)],
      shop,
      false,
    ],
    ['fails with a denial that crosses it', [allow('exec.open'), deny('exec.open', production)], shop, false],
    [
      'bears a denial elsewhere',
      [allow('exec.open'), deny('exec.open', { projectId: 'project_bank' })],
      shop,
      true,
    ],
  ])('%s', (_, grants, scope, expected) => {
    expect(holdsThroughout(holding(grants), 'exec.open', scope)).toBe(expected);
  });

  it('counts only what is within the limits of an access token', () => {
    const grants = [allow('exec.open'), allow('logs.read')];
    const token = holding(grants, { permissions: ['logs.read'], scope: shop });
    expect(holdsThroughout(token, 'logs.read', shop)).toBe(true);
    expect(holdsThroughout(token, 'logs.read', {})).toBe(false);
    expect(holdsThroughout(token, 'exec.open', shop)).toBe(false);
  });
});

describe('giving permissions', () => {
  it('names the one that is lacking', () => {
    const permissions = holding([allow('logs.read', shop)]);
    requireHeld(permissions, ['logs.read'], shop);
    expect(() => requireHeld(permissions, ['logs.read', 'exec.open'], shop)).toThrow(/exec\.open/);
    requireHeld(permissions, ['permission.of.an.older.version'], shop);
  });
});

describe('denying', () => {
  it('needs bindings.manage for the whole platform, and is not for oneself', () => {
    const administrator = holding([allow('bindings.manage')]);
    requireMayDeny(administrator, false);
    expect(() => requireMayDeny(administrator, true)).toThrow(ForbiddenError);
    expect(() => requireMayDeny(holding([allow('bindings.manage', shop)]), false)).toThrow(ForbiddenError);
  });

  it('can be undone by an administrator who is denied something elsewhere', () => {
    requireMayDeny(holding([allow('bindings.manage'), deny('bindings.manage', shop)]), false);
  });
});
