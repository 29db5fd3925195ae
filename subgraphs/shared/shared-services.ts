import { type Clock, systemClock } from './clock.js';
import { type ConfigOf, list, text, url } from './config.js';
import { DomainEvents } from './domain-events.js';
import { deriveKey } from './keys.js';
import { type AddressPolicy, createAddressPolicy } from './kubernetes/address-policy.js';
import { Connections } from './kubernetes/connections.js';
import { decryptCredentials } from './kubernetes/credentials.js';
import { Informers } from './kubernetes/informers.js';
import type { Logger } from './logger.js';
import { Permissions } from './permissions.js';
import { PublishedClusterConnections } from './published/cluster-connection.js';
import { PublishedGrants } from './published/grant.js';
import { type PublishedReader, PublishedViews } from './published/reader.js';

/** Settings that every subgraph process has. */
export const sharedSettings = {
  databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
  secretKey: text('MERIDIAN_SECRET_KEY'),
  clusterAddresses: {
    /** CIDR ranges, besides public addresses, that API servers may have. */
    networks: list('MERIDIAN_CLUSTER_NETWORKS'),
    /** Exact origins that API servers may have, also without TLS, such as http://127.0.0.1:8001 of "kubectl proxy". */
    origins: list('MERIDIAN_CLUSTER_ORIGINS'),
  },
};
export type SharedConfig = ConfigOf<typeof sharedSettings>;

/**
 * What all subgraphs of one process share: one connection for each cluster, one informer for each cluster and kind,
 * one cache of permissions. Each subgraph has its own connections to its own tables.
 */
export interface SharedServices {
  readonly config: SharedConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly events: DomainEvents;
  readonly published: PublishedReader;
  readonly permissions: Permissions;
  readonly addressPolicy: AddressPolicy;
  readonly connections: Connections;
  readonly informers: Informers;
  dispose(): Promise<void>;
}

export async function openSharedServices(
  config: SharedConfig,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<SharedServices> {
  const events = await DomainEvents.open(config.databaseUrl, logger);
  const published = new PublishedViews(config.databaseUrl, logger);
  const addressPolicy = createAddressPolicy(config.clusterAddresses);
  const clusters = new PublishedClusterConnections(published);
  const credentialsKey = deriveKey(config.secretKey, 'cluster-credentials');
  const inUse = new Map<string, string>();
  /** The credentials that the last announced change left. */
  const announced = new Map<string, string>();
  const connections = new Connections({
    source: {
      find: async (clusterId) => {
        let row = await clusters.find(clusterId);
        // Read before a change that was announced meanwhile.
        if (row && announced.has(clusterId) && announced.get(clusterId) !== row.encryptedCredentials) {
          row = await clusters.find(clusterId);
        }
        if (!row) return undefined;
        inUse.set(clusterId, row.encryptedCredentials);
        return {
          clusterName: row.name,
          credentials: decryptCredentials(row.encryptedCredentials, credentialsKey, row.id),
        };
      },
    },
    addressPolicy,
    logger,
    clock,
  });
  const informers = new Informers({ connections, logger, clock });
  events.on('cluster.changed', async ({ clusterId }) => {
    try {
      const row = await clusters.find(clusterId);
      if (row) announced.set(clusterId, row.encryptedCredentials);
      else announced.delete(clusterId);
      // A cluster that was only described anew keeps its streams, and one that nobody has asked yet has none.
      const used = inUse.get(clusterId);
      if (row && (used === undefined || used === row.encryptedCredentials)) return;
      if (!row) inUse.delete(clusterId);
      await connections.drop(clusterId, row ? 'CREDENTIALS_CHANGED' : 'REMOVED');
    } catch (error) {
      logger.warn({ error, cluster: clusterId }, 'changed cluster could not be read');
      await connections.drop(clusterId, 'CREDENTIALS_CHANGED');
    }
  });
  return {
    config,
    logger,
    clock,
    events,
    published,
    permissions: new Permissions(new PublishedGrants(published), clock, events),
    addressPolicy,
    connections,
    informers,
    async dispose() {
      await informers.dispose();
      await connections.dispose();
      await published.dispose();
      await events.dispose();
    },
  };
}
