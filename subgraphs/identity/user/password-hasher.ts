import { hash, verify } from '@node-rs/argon2';

/** Argon2id with the parameters of the OWASP Password Storage Cheat Sheet. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Longer ones are no password of ours; they are not worth hashing. */
const longestPassword = 1_000;

export class PasswordHasher {
  /** The hash of nothing that anybody knows, so that an unknown login costs what a known one does. */
  #decoy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return hash(password.normalize('NFKC'), parameters);
  }

  /** False also when there is no hash, after the same work. */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    this.#decoy ??= this.hash(crypto.randomUUID());
    const given = password.length > longestPassword ? '' : password.normalize('NFKC');
    const matches = await verify(passwordHash ?? (await this.#decoy), given);
    return passwordHash !== undefined && matches;
  }
}
