import type { ClusterCredentials } from './cluster-credentials.js';
export function encryptCredentials(
  _credentials: ClusterCredentials,
  _key: Uint8Array,
  _clusterId: string,
): string {
  throw new Error('being written');
}
export function decryptCredentials(
  _sealed: string,
  _key: Uint8Array,
  _clusterId: string,
): ClusterCredentials {
  throw new Error('being written');
}
