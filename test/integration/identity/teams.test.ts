import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../subgraphs/shared/ids.js';
import { type Asker, type RunningIdentity, startIdentity } from './running-identity.js';

describe('teams', () => {
  let identity: RunningIdentity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity?.dispose());

  const createTeam = async (name: string, memberIds: string[] = []) =>
    (
      await identity.admin.mutate(
        'createTeam',
        { name, memberIds },
        'team { id members { nodes { login } } }',
      )
    ).team;
  const permissionsOf = async (asker: Asker) =>
    (await asker.query('{ viewer { permissions } }')).viewer.permissions;

  it('pass their roles on to members, old and new, until they leave', async () => {
    const [one, two] = [await identity.user(), await identity.user()];
    const team = await createTeam('payments', [one.id]);
    expect(team.members.nodes).toEqual([{ login: one.login }]);
    await identity.admin.mutate('bindRole', {
      role: 'ci',
      teamId: team.id,
      scope: { projectId: newId('project') },
    });
    await expect.poll(() => permissionsOf(one.asker)).toContain('deployments.deploy');
    expect(await permissionsOf(two.asker)).toEqual([]);

    await identity.admin.mutate('addTeamMembers', { teamId: team.id, userIds: [two.id, one.id] });
    await expect.poll(() => permissionsOf(two.asker)).toContain('deployments.deploy');
    expect((await two.asker.query('{ viewer { user { teams { name } } } }')).viewer.user.teams).toEqual([
      { name: 'payments' },
    ]);

    await identity.admin.mutate('removeTeamMembers', { teamId: team.id, userIds: [one.id] });
    await expect.poll(() => permissionsOf(one.asker)).toEqual([]);

    await identity.admin.mutate('deleteTeam', { teamId: team.id });
    await expect.poll(() => permissionsOf(two.asker)).toEqual([]);
    expect(await identity.admin.refusal('updateTeam', { teamId: team.id, name: 'gone' })).toBe('NOT_FOUND');
  });

  it('are refused with bad or taken names, and with members who do not exist', async () => {
    await createTeam('taken');
    expect(await identity.admin.refusal('createTeam', { name: 'taken' })).toBe('CONFLICT');
    expect(await identity.admin.refusal('createTeam', { name: '..' })).toBe('BAD_USER_INPUT');
    const { userErrors } = await identity.admin.attempt('createTeam', {
      name: 'ghosts',
      memberIds: ['user_absent'],
    });
    expect(userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['input', 'memberIds', '0'] }]);
    const other = await createTeam('other');
    expect(await identity.admin.refusal('updateTeam', { teamId: other.id, name: 'taken' })).toBe('CONFLICT');
  });

  it('give nobody more than whoever adds the member holds', async () => {
    await identity.admin.mutate('createRole', {
      name: 'team-lead',
      permissions: ['teams.manage', 'teams.read'],
    });
    const lead = await identity.user({ role: 'team-lead' });
    const team = await createTeam('admins');
    await identity.admin.mutate('bindRole', { role: 'platform-admin', teamId: team.id });
    expect(await lead.asker.refusal('addTeamMembers', { teamId: team.id, userIds: [lead.id] })).toBe(
      'FORBIDDEN',
    );
    const harmless = await createTeam('harmless');
    expect(
      await lead.asker.refusal('addTeamMembers', { teamId: harmless.id, userIds: [lead.id] }),
    ).toBeUndefined();
  });

  it('keep their denials from those who would leave to escape them', async () => {
    await identity.admin.mutate('createRole', { name: 'team-keeper', permissions: ['teams.manage'] });
    const keeper = await identity.user({ role: 'team-keeper' });
    const team = await createTeam('restricted', [keeper.id]);
    await identity.admin.mutate('bindRole', { role: 'ci', teamId: team.id, effect: 'DENY' });
    await expect
      .poll(() => keeper.asker.refusal('removeTeamMembers', { teamId: team.id, userIds: [keeper.id] }))
      .toBe('FORBIDDEN');
    expect(await keeper.asker.refusal('deleteTeam', { teamId: team.id })).toBe('FORBIDDEN');
  });

  it('hold the last administrator: neither member nor team can go', async () => {
    const { viewer } = await identity.admin.query('{ viewer { user { id } } }');
    const team = await createTeam('last-resort', [viewer.user.id]);
    await identity.admin.mutate('bindRole', { role: 'platform-admin', teamId: team.id });
    const { roleBindings } = await identity.admin.query(
      'query ($userId: ID) { roleBindings(filter: { userId: $userId }) { nodes { id } } }',
      { userId: viewer.user.id },
    );
    await identity.admin.mutate('unbindRole', { roleBindingId: roleBindings.nodes[0].id });
    const leave = { teamId: team.id, userIds: [viewer.user.id] };
    expect(await identity.admin.refusal('removeTeamMembers', leave)).toBe('CONFLICT');
    expect(await identity.admin.refusal('deleteTeam', { teamId: team.id })).toBe('CONFLICT');
  });

  it('show their members in pages, each team its own, with as many queries for many teams as for two', async () => {
    const users = [await identity.user(), await identity.user(), await identity.user()];
    const ids = users.map(({ id }) => id);
    const logins = users.map(({ login }) => login).sort();
    for (let index = 0; index < 6; index++)
      await createTeam(`crowd-${index}`, index === 0 ? ids.slice(0, 1) : ids);
    const statements = async (first: number) => {
      const spy = vi.spyOn(Client.prototype, 'query');
      const document =
        'query ($first: Int) { teams(first: $first) { nodes { name members(first: 2) { totalCount nodes { login } pageInfo { hasNextPage endCursor } } } } }';
      const { teams } = await identity.admin.query(document, { first });
      // What the caller may is cached, or not: it does not count.
      const count = spy.mock.calls.filter((call) => !/published_/.test(JSON.stringify(call[0]))).length;
      spy.mockRestore();
      return { teams: teams.nodes.filter(({ name }: any) => name.startsWith('crowd')), count };
    };
    const many = await statements(100);
    expect(many.teams).toHaveLength(6);
    expect(many.teams[0].members).toMatchObject({ totalCount: 1, pageInfo: { hasNextPage: false } });
    for (const { members } of many.teams.slice(1)) {
      expect(members).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
      expect(members.nodes.map((user: any) => user.login)).toEqual(logins.slice(0, 2));
    }
    expect(many.count).toBeGreaterThan(2);
    expect(many.count).toBe((await statements(2)).count);
    const { teams } = await identity.admin.query(
      'query ($after: String) { teams { nodes { name members(after: $after) { nodes { login } } } } }',
      { after: many.teams[1].members.pageInfo.endCursor },
    );
    expect(teams.nodes.find(({ name }: any) => name === 'crowd-5').members.nodes).toEqual([
      { login: logins[2] },
    ]);
  });

  it('are for those who may read teams', async () => {
    const { asker } = await identity.user();
    await expect(asker.query('{ teams { nodes { name } } }')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const auditor = await identity.user({ role: 'auditor' });
    expect(
      (await auditor.asker.query('{ teams(first: 1) { totalCount nodes { name } } }')).teams.nodes,
    ).toHaveLength(1);
  });
});
