import { randomBytes } from 'node:crypto';
import { Changes } from '../shared/changes.js';
import { Database } from '../shared/database.js';
import { buildFederatedSchema } from '../shared/federated-schema.js';
import { deriveKey } from '../shared/keys.js';
import { PublishedEnvironments } from '../shared/published/environment.js';
import { createRequestContext } from '../shared/request-context.js';
import type { SharedServices } from '../shared/shared-services.js';
import type { Subgraph } from '../shared/subgraph.js';
import { CapacityService } from './capacity/capacity.service.js';
import { MetricsClient } from './capacity/metrics.client.js';
import { PodRequestClient } from './capacity/pod-request.client.js';
import { ClusterEntity } from './cluster/cluster.entity.js';
import { ClusterRepository } from './cluster/cluster.repository.js';
import { ClusterResolver } from './cluster/cluster.resolver.js';
import { ClusterService } from './cluster/cluster.service.js';
import { ClusterVisibility } from './cluster/cluster-visibility.js';
import type { ClustersContext } from './clusters-context.js';
import type { ClustersConfig } from './config.js';
import { Cluster1795374000000 } from './migrations/1795374000000-cluster.js';
import { PublishRecords1795374000001 } from './migrations/1795374000001-publish-records.js';
import { NodeClient } from './node/node.client.js';
import { NodeService } from './node/node.service.js';
import { ClusterCheckClient } from './registration/cluster-check.client.js';
import { CredentialsVault } from './registration/credentials-vault.js';
import { RegistrationResolver } from './registration/registration.resolver.js';
import { RegistrationService } from './registration/registration.service.js';
import {
  type StartupCluster,
  StartupRegistrationService,
} from './registration/startup-registration.service.js';
import { clustersSchema } from './schema.js';
import { ClusterMonitor } from './status/cluster-monitor.js';
import { ClusterProbeClient } from './status/cluster-probe.client.js';
import { ClusterStatusResolver } from './status/cluster-status.resolver.js';
import { ClusterStatusService } from './status/cluster-status.service.js';
import { StorageClassClient } from './storage-class/storage-class.client.js';
import { StorageClassService } from './storage-class/storage-class.service.js';

export interface ClustersSubgraph extends Subgraph {
  /**
   * Registers a cluster that comes with this process (a sandbox), or gives the one of that name the new credentials.
   * Nobody is asked and the cluster is not looked at; the audit log has it without an actor.
   */
  ensureCluster(input: StartupCluster): Promise<{ id: string }>;
}

export const clusterEntities = [ClusterEntity];
export const clusterMigrations = [Cluster1795374000000, PublishRecords1795374000001];

export async function startClustersSubgraph(
  config: ClustersConfig,
  services: SharedServices,
): Promise<ClustersSubgraph> {
  const { clock, events, connections, informers, permissions, addressPolicy } = services;
  const logger = services.logger.child({ subgraph: 'clusters' });
  const database = await Database.open({
    url: services.config.databaseUrl,
    subgraph: 'clusters',
    entities: clusterEntities,
    migrations: clusterMigrations,
    logger,
  });
  const changes = new Changes(database, clock);
  const clusters = new ClusterRepository(database);
  const environments = new PublishedEnvironments(services.published);
  const vault = new CredentialsVault(deriveKey(services.config.secretKey, 'cluster-credentials'));
  const monitor = new ClusterMonitor({
    clusters,
    probe: new ClusterProbeClient(connections, clock),
    connections,
    events,
    clock,
    random: Math.random,
    intervalMs: config.probeInterval,
    logger,
  });
  const visibility = new ClusterVisibility(environments, clock, events);
  const service = new ClusterService(clusters, visibility, monitor, permissions);
  const check = new ClusterCheckClient(connections);
  const registration = new RegistrationService({
    clusters,
    service,
    visibility,
    check,
    vault,
    addressPolicy,
    environments,
    changes,
    permissions,
    clock,
  });
  const startup = new StartupRegistrationService(clusters, database, vault, addressPolicy, clock);
  const nodes = new NodeClient(informers);
  const metrics = new MetricsClient(connections, clock);
  const resolvers = [
    new ClusterResolver(
      service,
      new NodeService(nodes, metrics, monitor),
      new StorageClassService(new StorageClassClient(informers), monitor),
      new CapacityService(nodes, metrics, new PodRequestClient(connections, clock), monitor),
    ),
    new RegistrationResolver(registration),
    new ClusterStatusResolver(),
  ];
  const epoch = randomBytes(6).toString('hex');
  const clusterStatus = new ClusterStatusService(service, monitor, permissions, events, clock, epoch);
  const instances = new Map<unknown, unknown>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  await monitor.start();

  return {
    name: 'clusters',
    schema: buildFederatedSchema(clustersSchema, instances, changes.recordRefusal),
    createContext: (caller, signal): ClustersContext => ({
      ...createRequestContext(caller, signal),
      clusterStatus,
    }),
    ready: () => database.readiness(),
    ensureCluster: (input) => startup.ensure(input),
    async dispose() {
      monitor.dispose();
      await database.dispose();
    },
  };
}
