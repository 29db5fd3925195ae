import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';
import { RateLimitedError } from '../../shared/errors.js';
import type { CountedAttempts } from './sign-in-attempts.repository.js';

export interface ThrottleLimits {
  readonly windowMilliseconds: number;
  /** Attempts on one login from one address. */
  readonly loginFromAddress: number;
  /** Attempts on one login from anywhere. Higher, so that a stranger does not easily lock somebody out. */
  readonly login: number;
  /** Attempts from one address on any login. */
  readonly address: number;
}

export const defaultThrottleLimits: ThrottleLimits = {
  windowMilliseconds: 5 * 60_000,
  loginFromAddress: 20,
  login: 100,
  address: 300,
};

interface Attempts {
  count(keys: readonly string[], now: Date, windowMilliseconds: number): Promise<CountedAttempts[]>;
  discount(keys: readonly string[]): Promise<void>;
  forget(key: string): Promise<void>;
  purge(now: Date): Promise<void>;
}

/**
 * Limits guessing. Attempts are counted before the password is looked at, so that a thousand at the same moment are
 * counted too, and in the database, so that neither a restart nor a flood of other logins clears a counter. What
 * turns out right is not held against anybody. Logins that nobody has are counted like any other.
 */
export class SignInThrottle {
  constructor(
    private readonly attempts: Attempts,
    private readonly clock: Clock,
    private readonly limits: ThrottleLimits = defaultThrottleLimits,
  ) {}

  /** Throws RateLimitedError when there were too many. */
  async admit(login: string, address: string | null): Promise<void> {
    const now = this.clock.now();
    const limitOf = new Map(this.#keys(login, address).map(({ key, limit }) => [key, limit]));
    const counted = await this.attempts.count(
      [...limitOf.keys()],
      new Date(now),
      this.limits.windowMilliseconds,
    );
    await this.attempts.purge(new Date(now));
    const exceeded = counted.filter(({ key, attempts }) => attempts > (limitOf.get(key) ?? 0));
    if (exceeded.length === 0) return;
    const endsAt = Math.max(...exceeded.map(({ windowEndsAt }) => windowEndsAt.getTime()));
    const seconds = Math.max(1, Math.ceil((endsAt - now) / 1_000));
    throw new RateLimitedError(`Too many attempts to sign in: try again in ${seconds} s.`, seconds);
  }

  /** The password was right. */
  async succeeded(login: string, address: string | null): Promise<void> {
    const [pair, ...others] = this.#keys(login, address).map(({ key }) => key);
    if (pair !== undefined) await this.attempts.forget(pair);
    await this.attempts.discount(others);
  }

  #keys(login: string, address: string | null): { key: string; limit: number }[] {
    const from = address ?? 'unknown';
    return [
      { key: hashed('login from address', login, from), limit: this.limits.loginFromAddress },
      { key: hashed('login', login), limit: this.limits.login },
      { key: hashed('address', from), limit: this.limits.address },
    ];
  }
}

const hashed = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');
