import { isDeepStrictEqual } from 'node:util';
import type { ClusterCredentials } from '../../shared/kubernetes/cluster-credentials.js';
import { decryptCredentials, encryptCredentials } from '../../shared/kubernetes/credentials.js';

/** Seals credentials for the database; each text can be opened for its own cluster only. */
export class CredentialsVault {
  constructor(private readonly key: Uint8Array) {}

  seal(credentials: ClusterCredentials, clusterId: string): string {
    return encryptCredentials(credentials, this.key, clusterId);
  }

  open(sealed: string, clusterId: string): ClusterCredentials {
    return decryptCredentials(sealed, this.key, clusterId);
  }

  /** False as well when what was sealed can't be opened any more, such as after the key was changed. */
  holds(sealed: string | null, credentials: ClusterCredentials, clusterId: string): boolean {
    if (sealed === null) return false;
    try {
      return isDeepStrictEqual(this.open(sealed, clusterId), credentials);
    } catch {
      return false;
    }
  }
}
