import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { TokenIssuer, tokenPrefix } from './token-issuer.js';

const key = new Uint8Array(32).fill(7);
const now = Date.UTC(2026, 10, 22, 18, 24, 5);
const issuer = new TokenIssuer(key, { now: () => now });
const subject = {
  userId: 'user_1',
  credentialId: 'token_1',
  credentialKind: 'ACCESS_TOKEN',
  expiresAt: new Date(now + 3_600_000),
} as const;

describe('a token', () => {
  it('says whose it is, what it stands for and when it ends', async () => {
    const { payload, protectedHeader } = await jwtVerify(await issuer.issue(subject), key, {
      currentDate: new Date(now),
    });
    expect(payload).toMatchObject({
      sub: 'user_1',
      cid: 'token_1',
      ck: 'ACCESS_TOKEN',
      iss: 'meridian',
      aud: 'meridian',
      iat: now / 1_000,
      exp: now / 1_000 + 3_600,
    });
    // The gateway takes no other header parameters.
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'at+jwt' });
  });

  it('is signed with the key for it', async () => {
    const other = new Uint8Array(32).fill(8);
    await expect(
      jwtVerify(await issuer.issue(subject), other, { currentDate: new Date(now) }),
    ).rejects.toThrow('signature');
  });

  it('differs from others in its prefix', async () => {
    const [one, two] = [await issuer.issue(subject), await issuer.issue(subject)];
    expect(tokenPrefix(one)).not.toBe(tokenPrefix(two));
    expect(one.startsWith(tokenPrefix(one))).toBe(true);
    const [, payload] = tokenPrefix(one).split('.');
    expect(Buffer.from(payload ?? '', 'base64url').toString()).toMatch(/^\{"jti":"[\w-]{10}$/);
  });
});
