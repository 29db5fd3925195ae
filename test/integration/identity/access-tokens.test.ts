import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../subgraphs/shared/ids.js';
import { type Asker, type RunningIdentity, startIdentity } from './running-identity.js';

const day = 86_400_000;

describe('access tokens', () => {
  let identity: RunningIdentity;
  const shop = newId('project');
  const bank = newId('project');
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity?.dispose());

  const create = (asker: Asker, input: object) =>
    asker.mutate(
      'createAccessToken',
      { name: 'ci of shop', ...input },
      'secret accessToken { id prefix expiresAt permissions scope { project { id } } user { login } }',
    );
  const permissionsOf = async (asker: Asker) =>
    (await asker.query('{ viewer { permissions } }')).viewer.permissions;
  const own = async (asker: Asker) =>
    (await asker.query('{ viewer { accessTokens { id name prefix lastUsedAt } } }')).viewer.accessTokens;

  it('are shown once and stored as a hash, with a prefix to tell them apart', async () => {
    const { asker } = await identity.user({ role: 'developer' });
    const [one, other] = [await create(asker, {}), await create(asker, {})];
    expect(one.secret.startsWith(one.accessToken.prefix)).toBe(true);
    expect(one.accessToken.prefix).not.toBe(other.accessToken.prefix);
    const [row] = await identity.sql('SELECT * FROM identity.access_token WHERE id = $1', [
      one.accessToken.id,
    ]);
    expect(row.secret_hash).toBe(createHash('sha256').update(one.secret).digest('hex'));
    const [{ dump }] = await identity.sql(
      'SELECT (SELECT json_agg(t) FROM identity.access_token t)::text || (SELECT json_agg(e) FROM audit.event e)::text AS dump',
    );
    expect(dump).not.toContain(one.secret.slice(-40));
    expect(await own(asker)).toHaveLength(2);
  });

  it('are made once for one idempotency key, and the secret is not shown again', async () => {
    const { asker } = await identity.user();
    const first = await create(asker, { idempotencyKey: 'a' });
    const second = await create(asker, { idempotencyKey: 'a' });
    expect(second.accessToken.id).toBe(first.accessToken.id);
    expect(second.secret).toBeNull();
  });

  it('do what their owner may, within their own limits, and no more', async () => {
    const owner = await identity.user({ role: 'project-owner', scope: { projectId: shop } });
    await identity.admin.mutate('bindRole', {
      role: 'project-owner',
      userId: owner.id,
      scope: { projectId: bank },
    });
    await expect
      .poll(async () =>
        (await identity.services.permissions.of(owner.asker.caller)).allows('projects.update', {
          projectId: bank,
        }),
      )
      .toBe(true);
    const { secret } = await create(owner.asker, {
      permissions: ['projects.read', 'audit.read', 'bindings.read', 'bindings.manage'],
      scope: { projectId: shop },
    });
    const tool = await identity.withToken(secret);
    const permissions = await identity.services.permissions.of(tool.caller);
    expect(permissions.names).toEqual(['audit.read', 'bindings.manage', 'bindings.read', 'projects.read']);
    expect(permissions.allows('projects.read', { projectId: shop })).toBe(true);
    expect(permissions.allows('projects.read', { projectId: bank })).toBe(false);
    expect(permissions.allows('projects.update', { projectId: shop })).toBe(false);

    const { roleBindings } = await tool.query('{ roleBindings { nodes { scope { project { id } } } } }');
    expect(roleBindings.nodes).toEqual([{ scope: { project: { id: shop } } }]);
    const { auditEvents } = await tool.query('{ auditEvents { nodes { project { id } } } }');
    expect(new Set(auditEvents.nodes.map((event: any) => event.project?.id))).toEqual(new Set([shop]));
    // What its owner could give, the token cannot: it does not hold it.
    expect(await tool.refusal('bindRole', { role: 'ci', userId: owner.id, scope: { projectId: shop } })).toBe(
      'FORBIDDEN',
    );

    await identity.admin.mutate('disableUser', { userId: owner.id });
    await expect(permissionsOf(tool)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await identity.admin.mutate('enableUser', { userId: owner.id });
    await expect.poll(() => permissionsOf(tool)).toContain('projects.read');
  });

  it('cannot create tokens, change passwords, sign out, or end other tokens', async () => {
    const admin = await identity.user({ role: 'platform-admin' });
    const other = await create(admin.asker, {});
    const tool = await identity.withToken((await create(admin.asker, {})).secret);
    expect(await tool.refusal('createAccessToken', { name: 'more' })).toBe('FORBIDDEN');
    expect(
      await tool.refusal('changePassword', {
        currentPassword: admin.password,
        newPassword: 'stolen account',
      }),
    ).toBe('FORBIDDEN');
    expect(await tool.refusal('resetPassword', { userId: admin.id, newPassword: 'stolen account' })).toBe(
      'FORBIDDEN',
    );
    expect(await tool.refusal('signOut', null)).toBe('FORBIDDEN');
    expect(await tool.refusal('revokeAccessToken', { accessTokenId: other.accessToken.id })).toBe(
      'NOT_FOUND',
    );
  });

  it('know themselves, and neither the other tokens of their owner nor the sessions', async () => {
    const { asker } = await identity.user({ role: 'developer' });
    const other = await create(asker, {});
    const limited = await create(asker, { permissions: ['services.read'] });
    const tool = await identity.withToken(limited.secret);
    const { viewer } = await tool.query('{ viewer { accessTokens { id } sessions { id } } }');
    expect(viewer).toEqual({ accessTokens: [{ id: limited.accessToken.id }], sessions: [] });
    const node = async (id: string) =>
      (await tool.query('query ($id: ID!) { node(id: $id) { id } }', { id })).node;
    expect(await node(other.accessToken.id)).toBeNull();
    expect(await node(limited.accessToken.id)).toEqual({ id: limited.accessToken.id });
    expect((await own(asker)).map(({ id }: any) => id)).toContain(other.accessToken.id);
  });

  it('stop when they are revoked, by their owner, by themselves or by who manages users', async () => {
    const owner = await identity.user({ role: 'developer' });
    const revokers: [string, (id: string, tool: Asker) => Promise<unknown>][] = [
      ['owner', (accessTokenId) => owner.asker.mutate('revokeAccessToken', { accessTokenId })],
      ['itself', (accessTokenId, tool) => tool.mutate('revokeAccessToken', { accessTokenId })],
      ['manager', (accessTokenId) => identity.admin.mutate('revokeAccessToken', { accessTokenId })],
    ];
    for (const [, revoke] of revokers) {
      const { secret, accessToken } = await create(owner.asker, {});
      const tool = await identity.withToken(secret);
      expect(await permissionsOf(tool)).toContain('deployments.deploy');
      await revoke(accessToken.id, tool);
      await expect.poll(() => permissionsOf(tool).catch((error) => error.code)).toBe('UNAUTHENTICATED');
    }
    expect(await own(owner.asker)).toEqual([]);
    const { accessToken } = await create(owner.asker, {});
    const stranger = await identity.user();
    expect(await stranger.asker.refusal('revokeAccessToken', { accessTokenId: accessToken.id })).toBe(
      'NOT_FOUND',
    );
  });

  it('are refused with permissions that the owner lacks, and with an end in the past or far away', async () => {
    const { asker } = await identity.user({ role: 'viewer', scope: { projectId: shop } });
    const attempt = (input: object) => asker.attempt('createAccessToken', { name: 'wrong', ...input });
    const lacking = await attempt({ permissions: ['projects.read', 'users.manage', 'nonsense'] });
    expect(lacking.userErrors.map(({ field }: any) => field.at(-1))).toEqual(['1', '2']);
    for (const expiresAt of [new Date(Date.now() - 1_000), new Date(Date.now() + 367 * day)]) {
      const { userErrors } = await attempt({ expiresAt: expiresAt.toISOString() });
      expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'expiresAt'] }]);
    }
    expect((await attempt({ name: ' ' })).userErrors[0].field).toEqual(['input', 'name']);
  });

  it('end when they say so, and say when they were used last', async () => {
    const { asker } = await identity.user();
    const { secret } = await create(asker, { expiresAt: new Date(Date.now() + 20 * day).toISOString() });
    const tool = await identity.withToken(secret);
    expect((await own(asker))[0].lastUsedAt).toBeNull();
    await tool.query('{ viewer { permissions } }');
    await expect.poll(async () => (await own(asker))[0].lastUsedAt).not.toBeNull();
    identity.clock.advance(20 * day);
    await expect(permissionsOf(tool)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    identity.clock.advance(-20 * day);
  });
});
