import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, type RunningIdentity, startIdentity } from './running-identity.js';

describe('signing in', () => {
  let identity: RunningIdentity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity?.dispose());

  it('gives a token that ends in twelve hours, for the user who signed in', async () => {
    const before = Date.now();
    const payload = await identity.anonymous.mutate(
      'signIn',
      { login: 'admin', password: adminPassword },
      'token expiresAt user { login }',
    );
    expect(payload.user).toEqual({ login: 'admin' });
    const lifetime = new Date(payload.expiresAt).getTime() - before;
    expect(lifetime / 3_600_000).toBeCloseTo(12, 2);
    const asker = await identity.withToken(payload.token);
    expect((await asker.query('{ viewer { user { login email } } }')).viewer.user.login).toBe('admin');
  });
});
