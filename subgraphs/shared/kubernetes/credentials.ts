import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ClusterCredentials } from './cluster-credentials.js';

const algorithm = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;
/** Says how the rest is made, so that it can be made differently later. */
const version = 'v1';

/**
 * Credentials as text for the database: AES-256-GCM under a random nonce, with the cluster's id as additional data,
 * so that a row copied to another cluster can't be read.
 *
 * @param key 32 bytes: `deriveKey(secretKey, 'cluster-credentials')`
 */
export function encryptCredentials(
  credentials: ClusterCredentials,
  key: Uint8Array,
  clusterId: string,
): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv(algorithm, key, nonce);
  cipher.setAAD(additionalData(clusterId));
  const sealed = Buffer.concat([
    nonce,
    cipher.update(JSON.stringify(credentials), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return `${version}:${sealed.toString('base64')}`;
}

/** Throws an Error that says nothing of the content when key, cluster or text is not the one it was made with. */
export function decryptCredentials(sealed: string, key: Uint8Array, clusterId: string): ClusterCredentials {
  const [given, text = ''] = sealed.split(':', 2);
  if (given !== version) throw new Error(`the credentials of cluster ${clusterId} have an unknown format`);
  const bytes = Buffer.from(text, 'base64');
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceLength), {
      authTagLength: tagLength,
    });
    decipher.setAAD(additionalData(clusterId));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagLength));
    const plain = Buffer.concat([
      decipher.update(bytes.subarray(nonceLength, bytes.length - tagLength)),
      decipher.final(),
    ]);
    return JSON.parse(plain.toString('utf8')) as ClusterCredentials;
  } catch {
    throw new Error(
      `the credentials of cluster ${clusterId} can't be decrypted: was MERIDIAN_SECRET_KEY changed? Register them again, or restore the key`,
    );
  }
}

const additionalData = (clusterId: string): Buffer => Buffer.from(`${version}:${clusterId}`);
