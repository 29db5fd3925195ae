import { type Clock, systemClock } from './clock.js';
import { type ConfigOf, list, text, url } from './config.js';
import { whenDatabaseIsReady } from './database-patience.js';
import { DomainEvents } from './domain-events.js';
import { deriveKey } from './keys.js';
import { type AddressPolicy, createAddressPolicy } from './kubernetes/address-policy.js';
import { Connections } from './kubernetes/connections.js';
import { decryptCredentials } from './kubernetes/credentials.js';
import { Informers, type InformersOptions } from './kubernetes/informers.js';
import { ClusterMetrics } from './kubernetes/metrics/cluster-metrics.js';
import type { PollerTimes } from './kubernetes/metrics/metrics-poller.js';
import type { Logger } from './logger.js';
import { Permissions } from './permissions.js';
import { PublishedActors } from './published/actor.js';
import { type ClusterConnection, PublishedClusterConnections } from './published/cluster-connection.js';
import { PublishedGrants } from './published/grant.js';
import { type PublishedReader, PublishedViews } from './published/reader.js';
import { StreamGuard } from './stream-guard.js';

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
 * one poller of its metrics, one cache of permissions, one pass over all streams that looks at them again. Each subgraph has its own connections to its own tables.
 */
export interface SharedServices {
  readonly config: SharedConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly events: DomainEvents;
  readonly published: PublishedReader;
  readonly permissions: Permissions;
  readonly guard: StreamGuard;
  readonly addressPolicy: AddressPolicy;
  readonly connections: Connections;
  readonly informers: Informers;
  readonly metrics: ClusterMetrics;
  dispose(): Promise<void>;
}

export async function openSharedServices(
  config: SharedConfig,
  logger: Logger,
  clock: Clock = systemClock,
  /** For tests, which do not wait for minutes. */
  informerTimes: Pick<InformersOptions, 'keepMs' | 'silenceLimitMs' | 'wait'> = {},
  metricsTimes: Partial<PollerTimes> = {},
): Promise<SharedServices> {
  const events = await whenDatabaseIsReady(() => DomainEvents.open(config.databaseUrl, logger), logger);
  const published = new PublishedViews(config.databaseUrl, logger);
  // So that what the subgraphs read while they start finds a connection that is there already.
  await whenDatabaseIsReady(() => published.query('SELECT 1', []), logger);
  const addressPolicy = createAddressPolicy(config.clusterAddresses);
  const clusters = new PublishedClusterConnections(published);
  const credentialsKey = deriveKey(config.secretKey, 'cluster-credentials');
  const inUse = new Map<string, string>();
  /** The access that the last announced change left. */
  const announced = new Map<string, string>();
  const connections = new Connections({
    source: {
      find: async (clusterId) => {
        let row = await clusters.find(clusterId);
        // Read before a change that was announced meanwhile.
        if (row && announced.has(clusterId) && announced.get(clusterId) !== accessOf(row)) {
          row = await clusters.find(clusterId);
        }
        if (!row) return undefined;
        inUse.set(clusterId, accessOf(row));
        return {
          clusterName: row.name,
          impersonate: row.impersonate,
          credentials: decryptCredentials(row.encryptedCredentials, credentialsKey, row.id),
        };
      },
    },
    actors: new PublishedActors(published, clock, events),
    addressPolicy,
    logger,
    clock,
  });
  const informers = new Informers({ ...informerTimes, connections, logger, clock });
  const metrics = new ClusterMetrics({ ...metricsTimes, connections, clock });
  const follow = async (clusterId: string): Promise<void> => {
    try {
      const row = await clusters.find(clusterId);
      if (row) announced.set(clusterId, accessOf(row));
      else announced.delete(clusterId);
      // A cluster that was only described anew keeps its streams, and one that nobody has asked yet has none.
      const used = inUse.get(clusterId);
      if (row && (used === undefined || used === accessOf(row))) return;
      if (row) return await connections.renew(clusterId);
      inUse.delete(clusterId);
      await connections.drop(clusterId, 'REMOVED');
    } catch (error) {
      logger.warn({ error, cluster: clusterId }, 'changed cluster could not be read');
      await connections.drop(clusterId, 'CREDENTIALS_CHANGED');
    }
  };
  events.on('cluster.changed', ({ clusterId }) => void follow(clusterId));
  // Any of them may have been removed or got new credentials while nothing was heard.
  events.onResynced(() => {
    for (const clusterId of [...inUse.keys()]) void follow(clusterId);
  });
  return {
    config,
    logger,
    clock,
    events,
    published,
    permissions: new Permissions(new PublishedGrants(published), clock, events),
    guard: new StreamGuard(clock, events),
    addressPolicy,
    connections,
    informers,
    metrics,
    async dispose() {
      await informers.dispose();
      await metrics.dispose();
      await connections.dispose();
      await published.dispose();
      await events.dispose();
    },
  };
}

/** What a connection is made of: when it changes, another is needed. */
const accessOf = ({ encryptedCredentials, impersonate }: ClusterConnection): string =>
  `${impersonate} ${encryptedCredentials}`;
