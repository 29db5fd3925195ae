import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../subgraphs/shared/ids.js';
import { type Asker, type RunningIdentity, startIdentity } from './running-identity.js';

describe('role bindings', () => {
  let identity: RunningIdentity;
  const shop = newId('project');
  const bank = newId('project');
  const production = newId('landscape');
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity?.dispose());

  const bind = (asker: Asker, input: object) => asker.attempt('bindRole', input, 'roleBinding { id }');
  const code = async (asker: Asker, input: object) =>
    (await bind(asker, input)).userErrors[0]?.code ?? 'DONE';
  const permissionsOf = async (asker: Asker) =>
    (await asker.query('{ viewer { permissions } }')).viewer.permissions;

  it('give a role to a user in a scope, as everybody who may know sees', async () => {
    const user = await identity.user();
    const { roleBinding } = await identity.admin.mutate(
      'bindRole',
      { role: 'developer', userId: user.id, scope: { projectId: shop, landscapeId: production } },
      `roleBinding { id effect role { name builtIn } user { login } team { name }
        scope { wholePlatform project { id } landscape { id } cluster { id } } }`,
    );
    expect(roleBinding).toMatchObject({
      effect: 'ALLOW',
      role: { name: 'developer', builtIn: true },
      user: { login: user.login },
      team: null,
      scope: { wholePlatform: false, project: { id: shop }, landscape: { id: production }, cluster: null },
    });
    expect(await permissionsOf(user.asker)).toContain('deployments.deploy');
    const [event] = (await identity.audited('bindRole')).slice(-1);
    expect(event).toMatchObject({
      result: 'DONE',
      project_id: shop,
      target_name: `developer of ${user.login}`,
    });
  });

  it('take effect for open sessions, and stop when they are removed', async () => {
    const user = await identity.user();
    const { roleBinding } = await bind(identity.admin, { role: 'auditor', userId: user.id });
    await expect.poll(() => permissionsOf(user.asker)).toContain('audit.read');
    const removed = await identity.admin.mutate(
      'unbindRole',
      { roleBindingId: roleBinding.id },
      'roleBindingId',
    );
    expect(removed.roleBindingId).toBe(roleBinding.id);
    await expect.poll(() => permissionsOf(user.asker)).toEqual([]);
    await expect(user.asker.query('{ auditEvents { totalCount } }')).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('are refused when the input makes no sense', async () => {
    const { id } = await identity.user();
    expect(await code(identity.admin, { role: 'no-such-role', userId: id })).toBe('NOT_FOUND');
    expect(await code(identity.admin, { role: 'viewer' })).toBe('BAD_USER_INPUT');
    expect(await code(identity.admin, { role: 'viewer', userId: 'user_absent' })).toBe('NOT_FOUND');
    expect(await code(identity.admin, { role: 'viewer', userId: id, scope: { projectId: '..' } })).toBe(
      'BAD_USER_INPUT',
    );
    expect(
      await code(identity.admin, { role: 'viewer', userId: id, scope: { projectId: newId('cluster') } }),
    ).toBe('BAD_USER_INPUT');
    expect(await code(identity.admin, { role: 'viewer', userId: id })).toBe('DONE');
    expect(await code(identity.admin, { role: 'viewer', userId: id })).toBe('CONFLICT');
  });

  describe('of a project, made by its owner', () => {
    it('give what the owner holds, there and nowhere else', async () => {
      const owner = await identity.user({ role: 'project-owner', scope: { projectId: shop } });
      const { id } = await identity.user();
      expect(await code(owner.asker, { role: 'developer', userId: id, scope: { projectId: shop } })).toBe(
        'DONE',
      );
      expect(
        await code(owner.asker, {
          role: 'ci',
          userId: id,
          scope: { projectId: shop, landscapeId: production },
        }),
      ).toBe('DONE');
      for (const scope of [{}, { projectId: bank }, { landscapeId: production }]) {
        expect(await code(owner.asker, { role: 'developer', userId: id, scope })).toBe('FORBIDDEN');
      }
    });

    it('cannot give more than the owner holds', async () => {
      const owner = await identity.user({ role: 'project-owner', scope: { projectId: shop } });
      const scope = { projectId: shop };
      expect(await code(owner.asker, { role: 'platform-admin', userId: owner.id, scope })).toBe('FORBIDDEN');
      await identity.admin.mutate('bindRole', {
        role: 'developer',
        userId: owner.id,
        effect: 'DENY',
        scope: { projectId: shop, landscapeId: production },
      });
      await expect.poll(() => code(owner.asker, { role: 'ci', userId: owner.id, scope })).toBe('FORBIDDEN');
      expect(
        await code(owner.asker, {
          role: 'ci',
          userId: owner.id,
          scope: { ...scope, landscapeId: newId('landscape') },
        }),
      ).toBe('DONE');
    });

    it('cannot deny, which is for those who manage the whole platform', async () => {
      const owner = await identity.user({ role: 'project-owner', scope: { projectId: shop } });
      const { viewer } = await identity.admin.query('{ viewer { user { id } } }');
      const denial = { role: 'viewer', userId: viewer.user.id, effect: 'DENY', scope: { projectId: shop } };
      expect(await code(owner.asker, denial)).toBe('FORBIDDEN');
    });

    it('can be removed by the owner, who knows of no others', async () => {
      const owner = await identity.user({ role: 'project-owner', scope: { projectId: shop } });
      const { id } = await identity.user();
      const inside = await bind(identity.admin, { role: 'ci', userId: id, scope: { projectId: shop } });
      const outside = await bind(identity.admin, { role: 'ci', userId: id, scope: { projectId: bank } });
      await owner.asker.mutate('unbindRole', { roleBindingId: inside.roleBinding.id });
      const forbidden = await owner.asker.attempt('unbindRole', { roleBindingId: outside.roleBinding.id });
      const absent = await owner.asker.attempt('unbindRole', { roleBindingId: inside.roleBinding.id });
      const message = (payload: any) => payload.userErrors[0].message.replaceAll(/binding_\w+/g, 'X');
      expect(message(forbidden)).toBe(message(absent));
      expect(forbidden.userErrors[0].code).toBe('NOT_FOUND');
    });
  });

  it('of others do not show: lists, totals and members are of permitted projects alone', async () => {
    const project = newId('project');
    const owner = await identity.user({ role: 'project-owner', scope: { projectId: project } });
    const document = '{ roleBindings { totalCount nodes { user { login } } } }';
    expect((await owner.asker.query(document)).roleBindings).toEqual({
      totalCount: 1,
      nodes: [{ user: { login: owner.login } }],
    });
    const members = (asker: Asker) =>
      asker.query(
        'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Project { members { user { login } role { name } } } } }',
        { of: [project, bank].map((id) => ({ __typename: 'Project', id })) },
      );
    expect((await members(owner.asker))._entities).toEqual([
      { members: [{ user: { login: owner.login }, role: { name: 'project-owner' } }] },
      { members: [] },
    ]);
    expect((await members((await identity.user()).asker))._entities).toEqual([
      { members: [] },
      { members: [] },
    ]);
    await expect((await identity.user()).asker.query(document)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('of a denial win, and are not for oneself to make or lift', async () => {
    const second = await identity.user({ role: 'platform-admin' });
    const denial = { role: 'auditor', userId: second.id, effect: 'DENY' };
    expect(await code(second.asker, denial)).toBe('FORBIDDEN');
    const { roleBinding } = await bind(identity.admin, denial);
    await expect.poll(() => permissionsOf(second.asker)).not.toContain('audit.read');
    expect(await permissionsOf(second.asker)).toContain('users.manage');
    expect(await second.asker.refusal('unbindRole', { roleBindingId: roleBinding.id })).toMatch(
      /FORBIDDEN|NOT_FOUND/,
    );
    await identity.admin.mutate('unbindRole', { roleBindingId: roleBinding.id });
    await expect.poll(() => permissionsOf(second.asker)).toContain('audit.read');
  });
});
