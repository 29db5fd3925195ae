import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { AddressPolicy } from './address-policy.js';
import type { ClusterCredentials } from './cluster-credentials.js';
import type { KubernetesConnection } from './connection.js';
export interface CredentialsSource {
  /** Undefined when there is no such cluster. */
  find(clusterId: string): Promise<{ clusterName: string; credentials: ClusterCredentials } | undefined>;
}
export type DropReason = 'REMOVED' | 'CREDENTIALS_CHANGED';
export class Connections {
  constructor(_options: {
    source: CredentialsSource;
    addressPolicy: AddressPolicy;
    logger: Logger;
    clock?: Clock;
  }) {}
  /** NotFoundError when the source has no such cluster. */
  get(_clusterId: string): Promise<KubernetesConnection> {
    throw new Error('being written');
  }
  /** Ends its calls and streams. The next `get` asks the source again. */
  drop(_clusterId: string, _reason: DropReason): Promise<void> {
    throw new Error('being written');
  }
  /** Returns the unsubscriber. */
  onDropped(_listener: (clusterId: string, reason: DropReason) => void): () => void {
    throw new Error('being written');
  }
  /** A connection for one look at a cluster that isn't registered; it is closed after `use`. */
  probe<T>(
    _credentials: ClusterCredentials,
    _options: { clusterId: string; clusterName: string; field: readonly string[] },
    _use: (connection: KubernetesConnection) => Promise<T>,
  ): Promise<T> {
    throw new Error('being written');
  }
  dispose(): Promise<void> {
    throw new Error('being written');
  }
}
