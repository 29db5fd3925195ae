import { sealText, unsealText } from '../sealed-text.js';
import type { ClusterCredentials } from './cluster-credentials.js';

/** @param key 32 bytes: `deriveKey(secretKey, 'cluster-credentials')` */
export const encryptCredentials = (
  credentials: ClusterCredentials,
  key: Uint8Array,
  clusterId: string,
): string => sealText(JSON.stringify(credentials), key, clusterId);

/** Throws an Error that says nothing of the content when key, cluster or text is not the one it was made with. */
export function decryptCredentials(sealed: string, key: Uint8Array, clusterId: string): ClusterCredentials {
  const text = unsealText(sealed, key, clusterId);
  if (text === undefined) {
    throw new Error(
      `the credentials of cluster ${clusterId} can't be decrypted: was MERIDIAN_SECRET_KEY changed? Register them again, or restore the key`,
    );
  }
  return JSON.parse(text) as ClusterCredentials;
}
