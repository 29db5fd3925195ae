import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInRoles } from '../../../subgraphs/identity/role/built-in-roles.js';
import { RoleRepository } from '../../../subgraphs/identity/role/role.repository.js';
import { seedBuiltInRoles } from '../../../subgraphs/identity/role/seed-built-in-roles.js';
import { identityEntities, identityMigrations } from '../../../subgraphs/identity/subgraph.js';
import { Database } from '../../../subgraphs/shared/database.js';
import { newId } from '../../../subgraphs/shared/ids.js';
import { allPermissions } from '../../../subgraphs/shared/permission-names.js';
import { type RunningIdentity, startIdentity } from './running-identity.js';

describe('roles', () => {
  let identity: RunningIdentity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity?.dispose());

  const loadedPermissions = async (caller: RunningIdentity['admin']['caller']) =>
    identity.services.permissions.of(caller);

  it.each(builtInRoles.map((role) => [role.name, role] as const))(
    'of an installation include %s, which allows exactly what it names, where it is bound',
    async (name, role) => {
      const shop = { projectId: newId('project') };
      const bank = { projectId: newId('project') };
      const { asker } = await identity.user({ role: name, scope: shop });
      const permissions = await loadedPermissions(asker.caller);
      const allowed = allPermissions.filter((permission) => permissions.allows(permission, shop));
      expect(allowed).toEqual(allPermissions.filter((permission) => role.permissions.includes(permission)));
      expect(allPermissions.filter((permission) => permissions.allows(permission, bank))).toEqual([]);
      expect(allPermissions.filter((permission) => permissions.allows(permission, {}))).toEqual([]);
    },
  );

  it('are listed for everybody who is signed in', async () => {
    const { asker } = await identity.user();
    const { roles } = await asker.query('{ roles { name builtIn permissions } }');
    expect(
      roles
        .filter((role: any) => role.builtIn)
        .map((role: any) => role.name)
        .sort(),
    ).toEqual(builtInRoles.map((role) => role.name).sort());
  });

  it('are created, changed for all who hold them, and deleted when nobody does', async () => {
    const { role } = await identity.admin.mutate(
      'createRole',
      { name: 'on-call', description: 'At night', permissions: ['logs.read', 'exec.open', 'logs.read'] },
      'role { id permissions builtIn version }',
    );
    expect(role).toMatchObject({ permissions: ['exec.open', 'logs.read'], builtIn: false, version: 1 });
    const { asker } = await identity.user({ role: 'on-call' });
    expect((await asker.query('{ viewer { permissions } }')).viewer.permissions).toEqual([
      'exec.open',
      'logs.read',
    ]);
    await identity.admin.mutate('updateRole', {
      roleId: role.id,
      permissions: ['logs.read', 'pods.delete'],
      version: 1,
    });
    await expect
      .poll(async () => (await asker.query('{ viewer { permissions } }')).viewer.permissions)
      .toEqual(['logs.read', 'pods.delete']);
    expect(
      await identity.admin.refusal('updateRole', { roleId: role.id, description: 'Late', version: 1 }),
    ).toBe('CONFLICT');

    expect(await identity.admin.refusal('deleteRole', { roleId: role.id })).toBe('CONFLICT');
    const { roleBindings } = await identity.admin.query(
      'query ($roleId: ID) { roleBindings(filter: { roleId: $roleId }) { nodes { id } } }',
      { roleId: role.id },
    );
    await identity.admin.mutate('unbindRole', { roleBindingId: roleBindings.nodes[0].id });
    const input = { roleId: role.id, idempotencyKey: 'delete on-call' };
    expect((await identity.admin.mutate('deleteRole', input, 'roleId')).roleId).toBe(role.id);
    expect((await identity.admin.mutate('deleteRole', input, 'roleId')).roleId).toBe(role.id);
  });

  it('are refused with unknown permissions, bad or taken names, and when built in', async () => {
    const wrong = await identity.admin.attempt('createRole', {
      name: 'wrong',
      permissions: ['logs.read', 'Logs.read', 'logs'],
    });
    expect(wrong.userErrors.map(({ code, field }: any) => [code, field.at(-1)])).toEqual([
      ['BAD_USER_INPUT', '1'],
      ['BAD_USER_INPUT', '2'],
    ]);
    expect(await identity.admin.refusal('createRole', { name: 'a_b', permissions: ['logs.read'] })).toBe(
      'BAD_USER_INPUT',
    );
    expect(await identity.admin.refusal('createRole', { name: 'empty', permissions: [] })).toBe(
      'BAD_USER_INPUT',
    );
    expect(await identity.admin.refusal('createRole', { name: 'viewer', permissions: ['logs.read'] })).toBe(
      'CONFLICT',
    );
    const { roles } = await identity.admin.query('{ roles { id name } }');
    const viewer = roles.find((role: any) => role.name === 'viewer');
    expect(
      await identity.admin.refusal('updateRole', { roleId: viewer.id, permissions: ['logs.read'] }),
    ).toBe('FORBIDDEN');
    expect(await identity.admin.refusal('deleteRole', { roleId: viewer.id })).toBe('FORBIDDEN');
  });

  it('cannot be widened by somebody who lacks what is added', async () => {
    await identity.admin.mutate('createRole', { name: 'role-maker', permissions: ['roles.manage'] });
    const maker = await identity.user({ role: 'role-maker' });
    const { role } = await identity.admin.mutate(
      'createRole',
      { name: 'harmless', permissions: ['logs.read'] },
      'role { id }',
    );
    expect(
      await maker.asker.refusal('updateRole', {
        roleId: role.id,
        permissions: ['logs.read', 'users.manage'],
      }),
    ).toBe('FORBIDDEN');
    expect(
      await maker.asker.refusal('updateRole', { roleId: role.id, description: 'Still harmless' }),
    ).toBeUndefined();
  });

  it('come back as the code says when the process starts again', async () => {
    await identity.sql(`UPDATE identity.role SET permissions = '{}' WHERE name = 'viewer'`);
    const database = await Database.open({
      url: identity.databaseUrl,
      subgraph: 'identity',
      entities: identityEntities,
      migrations: identityMigrations,
      logger: identity.services.logger,
    });
    await seedBuiltInRoles(database, new RoleRepository(database), identity.clock);
    await database.dispose();
    const [row] = await identity.sql(`SELECT permissions FROM identity.role WHERE name = 'viewer'`);
    expect(row.permissions).toContain('projects.read');
  });
});
