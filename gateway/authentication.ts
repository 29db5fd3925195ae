import { hash } from 'node:crypto';
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { BoundedCache } from '../subgraphs/shared/bounded-cache.js';
import type { Caller } from '../subgraphs/shared/caller.js';
import { type Clock, systemClock } from '../subgraphs/shared/clock.js';
import { UnauthenticatedError } from '../subgraphs/shared/errors.js';

/** What a transport knows of a request besides its token. */
export interface RequestOrigin {
  readonly requestId: string;
  readonly address: string | null;
}

interface Claims extends JWTPayload {
  readonly cid?: unknown;
  readonly ck?: unknown;
}

const longestToken = 4_096;
/** For `iat` and `nbf` only: the clock of another replica may be ahead. `exp` is exact. */
const leewaySeconds = 60;
const credentialKinds = ['SESSION', 'ACCESS_TOKEN'] as const;

/**
 * The only place where a bearer token becomes a caller. Whether its session was revoked since, or its user disabled,
 * each subgraph checks against the database.
 */
export class Authentication {
  /**
   * Claims of tokens that were verified, by the hash of the token. What of them depends on the time is checked again:
   * whether the token has expired. That it was issued in the future can't become true.
   */
  readonly #verified = new BoundedCache<string, Claims>({ maxEntries: 10_000, maxWeight: 10_000 });

  constructor(
    /** 32 bytes: `deriveKey(secretKey, 'token-signing')`. */
    private readonly key: Uint8Array,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * @param authorization the value of an `authorization` header, or of `connectionParams.authorization`
   * @returns the anonymous caller when there is none
   * @throws UnauthenticatedError for anything but a valid bearer token: a bad one never counts as none
   */
  async authenticate(authorization: unknown, origin: RequestOrigin): Promise<Caller> {
    const { requestId, address } = origin;
    if (authorization === undefined || authorization === null) return { requestId, address, userId: null };
    const claims = await this.#claims(authorization);
    const { sub, cid, ck, exp } = claims;
    const credentialKind = credentialKinds.find((kind) => kind === ck);
    if (!sub || typeof cid !== 'string' || !credentialKind || exp === undefined) throw badToken();
    const expiresAt = exp * 1_000;
    if (expiresAt <= this.clock.now())
      throw new UnauthenticatedError('Your token has expired. Sign in again.');
    return { requestId, address, userId: sub, credentialId: cid, credentialKind, expiresAt };
  }

  async #claims(authorization: unknown): Promise<Claims> {
    const token = bearerToken(authorization);
    const tokenHash = hash('sha256', token, 'base64');
    const known = this.#verified.get(tokenHash);
    if (known) return known;
    const claims = await this.#verify(token);
    this.#verified.set(tokenHash, claims, 1);
    return claims;
  }

  async #verify(token: string): Promise<Claims> {
    try {
      // Nothing in the header may point anywhere: no kid, jku, jwk, x5u, crit.
      const { alg, typ, ...others } = decodeProtectedHeader(token);
      if (Object.keys(others).length > 0) throw badToken();
      const { payload } = await jwtVerify<Claims>(token, this.key, {
        algorithms: ['HS256'],
        typ: 'at+jwt',
        issuer: 'meridian',
        audience: 'meridian',
        requiredClaims: ['sub', 'cid', 'ck', 'iat', 'exp'],
        clockTolerance: leewaySeconds,
        currentDate: new Date(this.clock.now()),
      });
      if (typeof payload.iat === 'number' && payload.iat > this.clock.now() / 1_000 + leewaySeconds)
        throw badToken();
      return payload;
    } catch {
      throw badToken();
    }
  }
}

function bearerToken(authorization: unknown): string {
  if (typeof authorization !== 'string' || authorization.length > longestToken) throw badToken();
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
  if (!token) throw badToken();
  return token;
}

const badToken = (): UnauthenticatedError =>
  new UnauthenticatedError(
    'The token is not valid here. Sign in again, and send "authorization: Bearer <token>".',
  );
