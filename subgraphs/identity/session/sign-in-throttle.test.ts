import { describe, expect, it } from 'vitest';
import { RateLimitedError } from '../../shared/errors.js';
import { SignInThrottle, type ThrottleLimits } from './sign-in-throttle.js';

const limits: ThrottleLimits = { windowMilliseconds: 60_000, loginFromAddress: 3, login: 6, address: 9 };

/** The repository's rules in memory. */
class Attempts {
  readonly rows = new Map<string, { attempts: number; windowEndsAt: Date }>();

  async count(keys: readonly string[], now: Date, windowMilliseconds: number) {
    return keys.map((key) => {
      const row = this.rows.get(key);
      const windowEndsAt = new Date(now.getTime() + windowMilliseconds);
      const next =
        !row || row.windowEndsAt <= now
          ? { attempts: 1, windowEndsAt }
          : { ...row, attempts: row.attempts + 1 };
      this.rows.set(key, next);
      return { key, ...next };
    });
  }
  async discount(keys: readonly string[]) {
    for (const key of keys) {
      const row = this.rows.get(key);
      if (row) row.attempts -= 1;
    }
  }
  async forget(key: string) {
    this.rows.delete(key);
  }
  async purge() {}
}

function throttle() {
  const world = { now: 0 };
  const attempts = new Attempts();
  const subject = new SignInThrottle(attempts, { now: () => world.now }, limits);
  /** How many of `times` attempts are let through. */
  const admitted = async (login: string, address: string | null, times: number): Promise<number> => {
    let count = 0;
    for (let round = 0; round < times; round++) {
      await subject.admit(login, address).then(
        () => {
          count += 1;
        },
        (error) => {
          if (!(error instanceof RateLimitedError)) throw error;
        },
      );
    }
    return count;
  };
  return { subject, world, attempts, admitted };
}

describe('attempts to sign in', () => {
  it('are limited for one login from one address, and begin anew after the window', async () => {
    const { admitted, world } = throttle();
    expect(await admitted('ada', 'a', 5)).toBe(3);
    world.now = 59_999;
    expect(await admitted('ada', 'a', 1)).toBe(0);
    world.now = 60_000;
    expect(await admitted('ada', 'a', 5)).toBe(3);
  });

  it('are limited for one login from many addresses', async () => {
    const { admitted } = throttle();
    let count = 0;
    for (let address = 0; address < 20; address++) count += await admitted('ada', `address ${address}`, 1);
    expect(count).toBe(6);
  });

  it('are limited for one address over many logins, those that nobody has included', async () => {
    const { admitted } = throttle();
    let count = 0;
    for (let user = 0; user < 20; user++) count += await admitted(`user ${user}`, null, 1);
    expect(count).toBe(9);
  });

  it('that turn out right are not held against anybody', async () => {
    const { subject, admitted } = throttle();
    for (let round = 0; round < 20; round++) {
      await subject.admit('ada', 'a');
      await subject.succeeded('ada', 'a');
    }
    expect(await admitted('ada', 'a', 5)).toBe(3);
  });

  it('say when to come back', async () => {
    const { subject, admitted, world } = throttle();
    await admitted('ada', 'a', 3);
    world.now = 20_500;
    await expect(subject.admit('ada', 'a')).rejects.toMatchObject({
      extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 40 },
    });
  });

  it('are counted under hashes', async () => {
    const { admitted, attempts } = throttle();
    await admitted('my-password', '192.0.2.1', 1);
    for (const key of attempts.rows.keys()) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  it('cannot be confused by where login and address meet', async () => {
    const { attempts, admitted } = throttle();
    await admitted('a', 'bc', 1);
    await admitted('ab', 'c', 1);
    expect(attempts.rows.size).toBe(6);
  });
});
