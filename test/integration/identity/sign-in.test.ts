import { verify } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { statementsOf } from '../../kit/call-counter.js';
import { adminPassword, type RunningIdentity, startIdentity } from './running-identity.js';

vi.mock('@node-rs/argon2', async (load) => {
  const argon2 = await load<typeof import('@node-rs/argon2')>();
  return { ...argon2, verify: vi.fn(argon2.verify) };
});

describe('signing in', () => {
  let identity: RunningIdentity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity?.dispose());

  const attempt = (login: string, password: string) =>
    identity.anonymous.attempt('signIn', { login, password }, 'token expiresAt user { login }');

  it('gives a token that ends in twelve hours, for the user who signed in', async () => {
    const payload = await attempt('admin', adminPassword);
    expect(payload).toMatchObject({ user: { login: 'admin' }, userErrors: [] });
    const lifetime = new Date(payload.expiresAt).getTime() - identity.clock.now();
    expect(lifetime / 3_600_000).toBeCloseTo(12, 2);
    const asker = await identity.withToken(payload.token);
    expect((await asker.query('{ viewer { user { login disabled } } }')).viewer.user).toEqual({
      login: 'admin',
      disabled: false,
    });
  });

  it('answers a wrong password, an unknown login and a disabled user alike', async () => {
    const known = await identity.user();
    const disabled = await identity.user();
    await identity.admin.mutate('disableUser', { userId: disabled.id });
    const answers = [
      await attempt(known.login, 'wrong'),
      await attempt('nobody-has-this', 'wrong'),
      await attempt(disabled.login, disabled.password),
      await attempt(known.login, 'x'.repeat(100_000)),
      await attempt("' OR 1=1 --", 'wrong'),
    ];
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toEqual({
      token: null,
      expiresAt: null,
      user: null,
      userErrors: [
        { code: 'UNAUTHENTICATED', field: null, message: 'Login and password do not belong together.' },
      ],
    });
  });

  it('does the same work for an unknown login, a disabled user and a wrong password', async () => {
    const known = await identity.user();
    const disabled = await identity.user();
    await identity.admin.mutate('disableUser', { userId: disabled.id });
    // Makes the hash that stands in for those that nobody has.
    await attempt('nobody-at-all', 'wrong');
    const workFor = async (login: string, password: string) => {
      vi.mocked(verify).mockClear();
      const statements = await statementsOf(() => attempt(login, password));
      // $argon2id$v=19$m=19456,t=2,p=1$…: what is after the parameters is salt and hash.
      const verified = vi
        .mocked(verify)
        .mock.calls.map(([hash, given]) => [String(hash).split('$').slice(0, 4).join('$'), given.length]);
      return { statements, verified };
    };
    const work = await workFor(known.login, 'wrong');
    expect(work.verified).toEqual([['$argon2id$v=19$m=19456,t=2,p=1', 5]]);
    expect(work.statements).not.toHaveLength(0);
    expect(await workFor('nobody-at-all', 'wrong')).toEqual(work);
    expect(await workFor(disabled.login, 'wrong')).toEqual(work);
    const right = await workFor(disabled.login, disabled.password);
    expect(right.statements).toEqual(work.statements);
    expect(right.verified).toHaveLength(1);
  });

  it('is limited per user and address, also with the right password, until the window ends', async () => {
    const { login, password } = await identity.user();
    const codes = await Promise.all(
      Array.from({ length: 30 }, async () => (await attempt(login, 'wrong')).userErrors[0].code),
    );
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(20);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(10);
    expect((await attempt(login, password)).userErrors[0].code).toBe('RATE_LIMITED');

    const elsewhere = identity.as({ userId: null, requestId: 'test', address: '198.51.100.7' });
    expect((await elsewhere.attempt('signIn', { login, password })).userErrors).toEqual([]);

    identity.clock.advance(5 * 60_000 + 1_000);
    expect((await attempt(login, password)).userErrors).toEqual([]);
  });

  it('stores neither what was typed as login nor as password', async () => {
    await attempt('my-secret-in-the-wrong-field', 'canary-password');
    const audited = await identity.sql('SELECT * FROM audit.event ORDER BY id DESC LIMIT 1');
    expect(audited[0]).toMatchObject({ action: 'signIn', result: 'REFUSED', target_name: '', user_id: null });
    const attempts = await identity.sql('SELECT * FROM identity.sign_in_attempts');
    expect(JSON.stringify([audited, attempts])).not.toMatch(/secret-in-the-wrong|canary-password/);
  });

  it('is audited when it works and when it does not', async () => {
    const user = await identity.user();
    await attempt(user.login, 'wrong');
    const events = await identity.sql(
      'SELECT * FROM audit.event WHERE target_name = $1 AND action = $2 ORDER BY id',
      [user.login, 'signIn'],
    );
    expect(events.map(({ result, user_id }) => ({ result, user_id }))).toEqual([
      { result: 'DONE', user_id: user.id },
      { result: 'REFUSED', user_id: null },
    ]);
    expect(events[0].address).toBe('192.0.2.1');
  });
});

describe('a session', () => {
  let identity: RunningIdentity;
  beforeAll(async () => {
    identity = await startIdentity({ MERIDIAN_SESSION_LIFETIME: '2h' });
  });
  afterAll(() => identity?.dispose());

  const whoAmI = (asker: RunningIdentity['admin']) => asker.query('{ viewer { user { login } } }');

  it('ends when its user signs out, and no other does', async () => {
    const { login, password, asker } = await identity.user();
    const other = await identity.signIn(login, password);
    await asker.mutate('signOut', null);
    await expect(whoAmI(asker)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await whoAmI(other)).viewer.user.login).toBe(login);
    expect((await identity.audited('signOut')).at(-1)).toMatchObject({ result: 'DONE', target_name: login });
  });

  it('can be found and ended from another one of the same user, and by nobody else', async () => {
    const { login, password, asker } = await identity.user();
    const left = await identity.signIn(login, password);
    const { viewer } = await asker.query('{ viewer { sessions { id current address } } }');
    expect(viewer.sessions.map((session: any) => [session.current, session.address])).toEqual([
      [false, '192.0.2.1'],
      [true, '192.0.2.1'],
    ]);
    const sessionId = viewer.sessions[0].id;
    expect(await identity.admin.refusal('revokeSession', { sessionId })).toBe('NOT_FOUND');
    expect((await asker.mutate('revokeSession', { sessionId }, 'sessionId')).sessionId).toBe(sessionId);
    await expect(whoAmI(left)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await asker.query('{ viewer { sessions { id } } }')).viewer.sessions).toHaveLength(1);
  });

  it('ends with the other sessions when the user is disabled, for good', async () => {
    const { id, asker } = await identity.user();
    await identity.admin.mutate('disableUser', { userId: id });
    await expect(whoAmI(asker)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await identity.admin.mutate('enableUser', { userId: id });
    await expect(whoAmI(asker)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('outlives a change of the password where it was made, and nowhere else', async () => {
    const { login, password, asker } = await identity.user();
    const other = await identity.signIn(login, password);
    await asker.mutate('changePassword', { currentPassword: password, newPassword: 'an even better one' });
    expect((await whoAmI(asker)).viewer.user.login).toBe(login);
    await expect(whoAmI(other)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await identity.anonymous.refusal('signIn', { login, password })).toBe('UNAUTHENTICATED');
    await identity.signIn(login, 'an even better one');
  });

  it('can change a password only with the current one', async () => {
    const { asker, login, password } = await identity.user();
    const { userErrors } = await asker.attempt('changePassword', {
      currentPassword: 'wrong',
      newPassword: 'an even better one',
    });
    expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'currentPassword'] }]);
    await identity.signIn(login, password);
  });

  it('ends after its lifetime', async () => {
    const { asker } = await identity.user();
    identity.clock.advance(2 * 3_600_000 + 1_000);
    await expect(whoAmI(asker)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is needed: nobody signed in has no viewer and may do nothing', async () => {
    expect(await identity.anonymous.query('{ viewer { permissions } }')).toEqual({ viewer: null });
    await expect(identity.anonymous.query('{ roles { name } }')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});
