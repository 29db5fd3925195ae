import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, type RunningIdentity, startIdentity } from './running-identity.js';

describe('the first administrator', () => {
  let identity: RunningIdentity;
  beforeAll(async () => {
    identity = await startIdentity({}, null);
  });
  afterAll(() => identity?.dispose());

  it('gets a random password, told once, and may do everything', async () => {
    const attempts = await Promise.all([
      identity.subgraph.ensureFirstAdministrator(null),
      identity.subgraph.ensureFirstAdministrator(null),
    ]);
    const made = attempts.filter(({ created }) => created);
    expect(made).toHaveLength(1);
    expect(attempts.find(({ created }) => !created)).toEqual({
      login: 'admin',
      generatedPassword: null,
      created: false,
    });
    const password = made[0]?.generatedPassword ?? '';
    expect(password).toMatch(/^[\w-]{20}$/);
    const admin = await identity.signIn('admin', password);
    expect((await admin.query('{ viewer { permissions } }')).viewer.permissions).toContain('users.manage');
    expect(await identity.audited('createFirstAdministrator')).toHaveLength(1);
  });

  it('does not come back, with a new password or at all, once it was made', async () => {
    expect((await identity.subgraph.ensureFirstAdministrator(adminPassword)).created).toBe(false);
    expect(await identity.anonymous.refusal('signIn', { login: 'admin', password: adminPassword })).toBe(
      'UNAUTHENTICATED',
    );
    await identity.sql('DELETE FROM identity."user"');
    expect((await identity.subgraph.ensureFirstAdministrator(adminPassword)).created).toBe(false);
    expect(await identity.sql('SELECT FROM identity."user"')).toEqual([]);
  });
});
