import type { Database } from '../../shared/database.js';

export interface CountedAttempts {
  readonly key: string;
  readonly attempts: number;
  readonly windowEndsAt: Date;
}

export class SignInAttemptsRepository {
  constructor(private readonly database: Database) {}

  /** Counts one more attempt under each key, at once and for all processes. A window that is over begins anew. */
  async count(keys: readonly string[], now: Date, windowMilliseconds: number): Promise<CountedAttempts[]> {
    // Sorted, so that two attempts that share keys lock them in the same order.
    return this.database.manager.query(
      `INSERT INTO identity.sign_in_attempts AS counted (key, attempts, window_ends_at)
       SELECT key, 1, $3::timestamptz FROM unnest($1::text[]) AS key ORDER BY key
       ON CONFLICT (key) DO UPDATE SET
         attempts = CASE WHEN counted.window_ends_at <= $2 THEN 1 ELSE counted.attempts + 1 END,
         window_ends_at = CASE WHEN counted.window_ends_at <= $2 THEN $3 ELSE counted.window_ends_at END
       RETURNING key, attempts, window_ends_at AS "windowEndsAt"`,
      [[...keys].sort(), now, new Date(now.getTime() + windowMilliseconds)],
    );
  }

  /** Takes one attempt back. */
  async discount(keys: readonly string[]): Promise<void> {
    await this.database.manager.query(
      `UPDATE identity.sign_in_attempts SET attempts = GREATEST(attempts - 1, 0) WHERE key IN
         (SELECT key FROM identity.sign_in_attempts WHERE key = ANY($1) ORDER BY key FOR UPDATE)`,
      [keys],
    );
  }

  async forget(key: string): Promise<void> {
    await this.database.manager.query('DELETE FROM identity.sign_in_attempts WHERE key = $1', [key]);
  }

  /** Removes some counters whose window is over: no more than an attacker adds meanwhile. */
  async purge(now: Date): Promise<void> {
    await this.database.manager.query(
      `DELETE FROM identity.sign_in_attempts WHERE key IN
         (SELECT key FROM identity.sign_in_attempts WHERE window_ends_at <= $1 LIMIT 20 FOR UPDATE SKIP LOCKED)`,
      [now],
    );
  }
}
