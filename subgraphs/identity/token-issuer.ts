import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Clock } from '../shared/clock.js';

export interface TokenSubject {
  readonly userId: string;
  readonly credentialId: string;
  readonly credentialKind: 'SESSION' | 'ACCESS_TOKEN';
  readonly expiresAt: Date;
}

/** Up to and with the `jti`: the header that all tokens share, a dot, and base64url of `{"jti":"` and ten characters. */
const prefixLength = 40 + 1 + 24;

/** Signs bearer tokens. The gateway verifies them; whether the credential still counts is looked up at every use. */
export class TokenIssuer {
  constructor(
    /** `deriveKey(secretKey, 'token-signing')` */
    private readonly key: Uint8Array,
    private readonly clock: Clock,
  ) {}

  issue({ userId, credentialId, credentialKind, expiresAt }: TokenSubject): Promise<string> {
    // First in the payload, so that tokens differ early on: see tokenPrefix.
    const jti = randomBytes(8).toString('base64url').slice(0, 10);
    return new SignJWT({ jti, cid: credentialId, ck: credentialKind })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setIssuer('meridian')
      .setAudience('meridian')
      .setSubject(userId)
      .setIssuedAt(Math.floor(this.clock.now() / 1_000))
      .setExpirationTime(Math.floor(expiresAt.getTime() / 1_000))
      .sign(this.key);
  }
}

/** The start of a token: enough to tell tokens apart, useless to sign in with. */
export const tokenPrefix = (token: string): string => token.slice(0, prefixLength);
