import { hkdfSync } from 'node:crypto';

export type KeyPurpose =
  | 'token-signing'
  | 'caller-context'
  | 'audit-seals'
  | 'cluster-credentials'
  | 'secret-values'
  | 'exec-recordings'
  | 'log-downloads';

/**
 * A 32-byte key for one purpose, derived from MERIDIAN_SECRET_KEY by HKDF-SHA-256 (RFC 5869), so that no key
 * serves two purposes.
 *
 * @param secretKey base64 of at least 32 random bytes
 */
export function deriveKey(secretKey: string, purpose: KeyPurpose): Uint8Array {
  const master = decodeSecretKey(secretKey);
  return new Uint8Array(hkdfSync('sha256', master, 'meridian', purpose, 32));
}

/** Throws an Error whose message is the remedy, for the configuration reader. */
export function decodeSecretKey(secretKey: string): Buffer {
  const bytes = Buffer.from(secretKey, 'base64');
  if (bytes.length < 32) {
    throw new Error(
      'is too short: give base64 of 32 random bytes, such as the output of "openssl rand -base64 32"',
    );
  }
  return bytes;
}
