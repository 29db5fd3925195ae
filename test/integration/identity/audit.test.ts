import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../subgraphs/shared/ids.js';
import { type RunningIdentity, startIdentity } from './running-identity.js';

describe('the audit log', () => {
  let identity: RunningIdentity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity?.dispose());

  /** Each mutation of identity once, in an order in which all of them work. */
  async function changeEverything(
    prefix: string,
  ): Promise<{ action: string; run: () => Promise<unknown> }[]> {
    const { admin } = identity;
    const user = await identity.user();
    const ids: Record<string, string> = {};
    const step = (
      action: string,
      input: () => object,
      keep: (payload: any) => Record<string, string>,
      fields: string,
    ) => ({
      action,
      run: async () => Object.assign(ids, keep(await admin.mutate(action, input(), fields))),
    });
    const once = (action: string, input: () => object) => ({
      action,
      run: () => admin.mutate(action, input()),
    });
    return [
      step(
        'createUser',
        () => ({ login: `${prefix}-user`, password: 'long enough' }),
        ({ user: { id } }) => ({ user: id }),
        'user { id }',
      ),
      once('updateUser', () => ({ userId: ids['user'], displayName: 'Changed' })),
      once('resetPassword', () => ({ userId: ids['user'], newPassword: 'another password' })),
      once('disableUser', () => ({ userId: ids['user'], reason: 'On leave' })),
      once('enableUser', () => ({ userId: ids['user'] })),
      step(
        'createTeam',
        () => ({ name: `${prefix}-team` }),
        ({ team: { id } }) => ({ team: id }),
        'team { id }',
      ),
      once('updateTeam', () => ({ teamId: ids['team'], description: 'Changed' })),
      once('addTeamMembers', () => ({ teamId: ids['team'], userIds: [user.id] })),
      once('removeTeamMembers', () => ({ teamId: ids['team'], userIds: [user.id] })),
      step(
        'createRole',
        () => ({ name: `${prefix}-role`, permissions: ['logs.read'] }),
        ({ role: { id } }) => ({ role: id }),
        'role { id }',
      ),
      once('updateRole', () => ({ roleId: ids['role'], description: 'Changed' })),
      step(
        'bindRole',
        () => ({ role: `${prefix}-role`, teamId: ids['team'] }),
        ({ roleBinding: { id } }) => ({ binding: id }),
        'roleBinding { id }',
      ),
      once('unbindRole', () => ({ roleBindingId: ids['binding'] })),
      once('deleteRole', () => ({ roleId: ids['role'] })),
      once('deleteTeam', () => ({ teamId: ids['team'] })),
      step(
        'createAccessToken',
        () => ({ name: prefix }),
        ({ accessToken: { id } }) => ({ token: id }),
        'accessToken { id }',
      ),
      once('revokeAccessToken', () => ({ accessTokenId: ids['token'] })),
    ];
  }

  it('has exactly one event for each change, with actor, target and request', async () => {
    const adminId = identity.admin.caller.userId;
    for (const { action, run } of await changeEverything('done')) {
      const before = await identity.audited(action);
      await run();
      const added = (await identity.audited(action)).slice(before.length);
      expect(added, action).toHaveLength(1);
      expect(added[0], action).toMatchObject({
        result: 'DONE',
        user_id: adminId,
        request_id: 'test',
        address: '192.0.2.1',
      });
      expect(added[0].target_id, action).toMatch(/^(user|team|role|binding|token)_/);
      expect(added[0].target_name, action).not.toBe('');
    }
  });

  it('is written with the change or the change is not made', async () => {
    const steps = await changeEverything('undone');
    await identity.sql(`CREATE FUNCTION audit.full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no space left on device'; END $$`);
    const fill = () =>
      identity.sql(
        'CREATE TRIGGER full_disk BEFORE INSERT ON audit.event EXECUTE FUNCTION audit.full_disk()',
      );
    const empty = () => identity.sql('DROP TRIGGER full_disk ON audit.event');
    const state = () =>
      identity.sql(`SELECT (SELECT json_agg(t ORDER BY id) FROM identity."user" t)::text AS users,
        (SELECT json_agg(t ORDER BY id) FROM identity.team t)::text AS teams,
        (SELECT json_agg(t ORDER BY team_id, user_id) FROM identity.team_member t)::text AS members,
        (SELECT json_agg(t ORDER BY id) FROM identity.role t)::text AS roles,
        (SELECT json_agg(t ORDER BY id) FROM identity.role_binding t)::text AS bindings,
        (SELECT json_agg(t ORDER BY id) FROM identity.access_token t)::text AS tokens`);
    for (const { action, run } of steps) {
      await fill();
      const before = await state();
      await expect(run(), action).rejects.toThrow();
      expect(await state(), action).toEqual(before);
      await empty();
      await run();
      expect(await state(), action).not.toEqual(before);
    }
  });

  it('opens no session that it cannot record', async () => {
    const { login, password } = await identity.user();
    const sessions = () => identity.sql('SELECT count(*)::int FROM identity.session');
    await identity.sql(
      'CREATE TRIGGER full_disk BEFORE INSERT ON audit.event EXECUTE FUNCTION audit.full_disk()',
    );
    const before = await sessions();
    await expect(identity.anonymous.attempt('signIn', { login, password }, 'token')).rejects.toThrow();
    expect(await sessions()).toEqual(before);
    await identity.sql('DROP TRIGGER full_disk ON audit.event');
  });

  it('has what was refused too', async () => {
    const { asker } = await identity.user();
    await asker.attempt('createUser', { login: 'not-allowed', password: 'canary-password' });
    const [event] = (await identity.audited('createUser')).slice(-1);
    expect(event).toMatchObject({
      result: 'REFUSED',
      target_name: 'not-allowed',
      user_id: asker.caller.userId,
    });
    expect(JSON.stringify(event)).not.toContain('canary');
  });

  it('shows each reader the events of their projects, newest first, in totals and pages alike', async () => {
    const [shop, bank] = [newId('project'), newId('project')];
    const owner = await identity.user({ role: 'project-owner', scope: { projectId: shop } });
    for (const projectId of [shop, bank, shop]) {
      const user = await identity.user();
      await identity.admin.mutate('bindRole', { role: 'ci', userId: user.id, scope: { projectId } });
    }
    const document = `query ($filter: AuditEventFilter, $after: String) { auditEvents(first: 2, filter: $filter, after: $after) {
      totalCount nodes { action result actor { login } project { id } } pageInfo { hasNextPage endCursor } } }`;
    const first = (await owner.asker.query(document)).auditEvents;
    expect(first.totalCount).toBe(3);
    const second = (await owner.asker.query(document, { after: first.pageInfo.endCursor })).auditEvents;
    const nodes = [...first.nodes, ...second.nodes];
    expect(nodes).toEqual(
      Array(3).fill({ action: 'bindRole', result: 'DONE', actor: { login: 'admin' }, project: { id: shop } }),
    );
    expect(second.pageInfo.hasNextPage).toBe(false);
    for (const filter of [{ projectId: bank }, { targetType: 'User' }]) {
      expect((await owner.asker.query(document, { filter })).auditEvents.totalCount).toBe(0);
    }
    const all = (await identity.admin.query(document, { filter: { projectId: bank } })).auditEvents;
    expect(all.totalCount).toBe(1);
  });

  it('is closed to who may read it in a part of a project only, and open in the whole of it', async () => {
    const projectId = newId('project');
    const other = await identity.user();
    await identity.admin.mutate('bindRole', { role: 'ci', userId: other.id, scope: { projectId } });
    const parts = [
      { projectId, landscapeId: newId('landscape') },
      { projectId, clusterId: newId('cluster') },
      { projectId, applicationId: newId('application') },
    ];
    const count = async (scope: object) => {
      const { asker } = await identity.user({ role: 'project-owner', scope });
      const { auditEvents } = await asker.query(
        'query ($filter: AuditEventFilter) { auditEvents(filter: $filter) { totalCount } }',
        { filter: { projectId } },
      );
      return auditEvents.totalCount;
    };
    for (const part of parts) expect(await count(part), JSON.stringify(part)).toBe(0);
    expect(await count({ projectId })).toBeGreaterThan(0);
  });

  it('hides from an auditor the projects that are denied, and nothing else', async () => {
    const secret = newId('project');
    const auditor = await identity.user({ role: 'auditor' });
    const count = async (filter: object = {}) =>
      (
        await auditor.asker.query(
          'query ($filter: AuditEventFilter) { auditEvents(filter: $filter) { totalCount } }',
          { filter },
        )
      ).auditEvents.totalCount;
    const denial = { role: 'auditor', userId: auditor.id, effect: 'DENY', scope: { projectId: secret } };
    await identity.admin.mutate('bindRole', denial);
    const platformEvents = await identity.sql(
      'SELECT count(*)::int FROM audit.event WHERE project_id IS NULL',
    );
    expect(await count({ projectId: secret })).toBe(0);
    expect(await count()).toBeGreaterThanOrEqual(platformEvents[0].count);
  });

  it('is filtered by actor, action, target, result and time', async () => {
    const user = await identity.user();
    await user.asker.attempt('createUser', { login: 'refused', password: 'long enough' });
    const count = async (filter: object) =>
      (
        await identity.admin.query(
          'query ($filter: AuditEventFilter) { auditEvents(filter: $filter) { totalCount } }',
          { filter },
        )
      ).auditEvents.totalCount;
    const mine = { actorId: user.id };
    expect(await count(mine)).toBe(2);
    expect(await count({ ...mine, action: 'signIn' })).toBe(1);
    expect(await count({ ...mine, result: 'REFUSED' })).toBe(1);
    expect(await count({ ...mine, targetType: 'Session' })).toBe(1);
    expect(await count({ ...mine, until: new Date(Date.now() - 60_000).toISOString() })).toBe(0);
    expect(await count({ ...mine, since: new Date(Date.now() - 60_000).toISOString() })).toBe(2);
    expect(await count({ action: "signIn' OR '1'='1" })).toBe(0);
  });

  it('cannot be changed or emptied, not even with SQL', async () => {
    for (const statement of [
      `UPDATE audit.event SET action = 'nothing'`,
      'DELETE FROM audit.event',
      'TRUNCATE audit.event',
    ]) {
      await expect(identity.sql(statement)).rejects.toThrow('append-only');
    }
  });

  it('is closed to those who may not read it', async () => {
    const { asker } = await identity.user({ role: 'developer' });
    await expect(asker.query('{ auditEvents { totalCount } }')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
