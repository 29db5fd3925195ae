import { createHmac, hash, randomUUID } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Caller } from './caller.js';
import { type Clock, systemClock } from './clock.js';
import { UnauthenticatedError } from './errors.js';

/** HTTP header, and key of `extensions` in graphql-ws messages, that carries the signed caller context. */
export const callerContextHeader = 'meridian-caller';

const issuer = 'meridian-gateway';
const type = 'meridian-caller+jwt';
const lifetimeSeconds = 30;
/** The gateway's clock may run a little ahead of ours or behind. */
const toleranceSeconds = 5;

export interface SignOptions {
  /** 32 bytes: `deriveKey(secretKey, 'caller-context')`. */
  readonly key: Uint8Array;
  /** The name of the subgraph that may accept it. */
  readonly audience: string;
  /** The exact request body that it goes with. */
  readonly body: string | Uint8Array;
  readonly clock?: Clock;
}

/** The same for every caller context (RFC 7515, section 3). */
const header = encoded({ alg: 'HS256', typ: type });

/**
 * Says to one subgraph who makes one request: 30 seconds, one use, bound to the body. A JSON Web Token (RFC 7519),
 * signed for every call of a subgraph: by Node's own HMAC, since WebCrypto's goes through the thread pool and costs
 * ten times as much.
 */
export function signCallerContext(caller: Caller, options: SignOptions): string {
  const issuedAt = Math.floor((options.clock ?? systemClock).now() / 1_000);
  const claims = encoded({
    caller,
    body: digest(options.body),
    iss: issuer,
    aud: options.audience,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
    jti: randomUUID(),
  });
  const signature = createHmac('sha256', options.key).update(`${header}.${claims}`).digest('base64url');
  return `${header}.${claims}.${signature}`;
}

/**
 * Remembers which caller contexts were used, until they expire. One for each process: a context replayed to another
 * replica within its 30 seconds is still bound to the same body.
 */
export class UsedCallerContexts {
  readonly #expiryById = new Map<string, number>();

  /** False when this id was used before. */
  use(id: string, expiresAt: number, now: number): boolean {
    // Ids enter in order of expiry, near enough: purge from the front.
    for (const [oldId, expiry] of this.#expiryById) {
      if (expiry > now) break;
      this.#expiryById.delete(oldId);
    }
    if (this.#expiryById.has(id)) return false;
    this.#expiryById.set(id, expiresAt);
    return true;
  }
}

export interface VerifyOptions extends SignOptions {
  readonly used: UsedCallerContexts;
}

/** The caller that the gateway vouches for. Throws UnauthenticatedError for anything missing, wrong, old or replayed. */
export async function verifyCallerContext(token: unknown, options: VerifyOptions): Promise<Caller> {
  const now = (options.clock ?? systemClock).now();
  const claims = await verifiedClaims(token, options, now);
  if (
    claims === undefined ||
    claims['body'] !== digest(options.body) ||
    !isCaller(claims['caller']) ||
    !options.used.use(String(claims['jti']), (Number(claims['exp']) + toleranceSeconds) * 1_000, now)
  ) {
    throw new UnauthenticatedError('Only the gateway may call a subgraph.');
  }
  return claims['caller'];
}

async function verifiedClaims(
  token: unknown,
  options: VerifyOptions,
  now: number,
): Promise<Record<string, unknown> | undefined> {
  if (typeof token !== 'string' || token.length > 8_192) return undefined;
  try {
    const { payload } = await jwtVerify(token, options.key, {
      algorithms: ['HS256'],
      typ: type,
      issuer,
      audience: options.audience,
      requiredClaims: ['exp', 'iat', 'jti'],
      maxTokenAge: lifetimeSeconds,
      clockTolerance: toleranceSeconds,
      currentDate: new Date(now),
    });
    return payload;
  } catch {
    return undefined;
  }
}

function isCaller(value: unknown): value is Caller {
  if (typeof value !== 'object' || value === null) return false;
  const { userId, requestId, credentialId, expiresAt } = value as Record<string, unknown>;
  if (typeof requestId !== 'string') return false;
  return (
    userId === null ||
    (typeof userId === 'string' && typeof credentialId === 'string' && typeof expiresAt === 'number')
  );
}

const digest = (body: string | Uint8Array): string => hash('sha256', body, 'base64url');

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
