import { describe, expect, it } from 'vitest';
import { Authentication } from '../../../gateway/authentication.js';
import { TokenIssuer } from '../../../subgraphs/identity/token-issuer.js';

describe('a token that identity issues', () => {
  it('is accepted by the gateway, for whom it was issued', async () => {
    const key = new Uint8Array(32).fill(7);
    const clock = { now: () => 1_000_500 };
    const token = await new TokenIssuer(key, clock).issue({
      userId: 'user_1',
      credentialId: 'session_1',
      credentialKind: 'SESSION',
      expiresAt: new Date(2_000_000),
    });
    const origin = { requestId: 'r1', address: '192.0.2.1' };
    expect(await new Authentication(key, clock).authenticate(`Bearer ${token}`, origin)).toEqual({
      ...origin,
      userId: 'user_1',
      credentialId: 'session_1',
      credentialKind: 'SESSION',
      expiresAt: 2_000_000,
    });
  });
});
