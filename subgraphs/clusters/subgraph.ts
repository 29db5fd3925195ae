import { randomBytes } from 'node:crypto';
import { Changes } from '../shared/changes.js';
import { Database } from '../shared/database.js';
import { notifyDomainEvent } from '../shared/domain-events.js';
import { buildFederatedSchema } from '../shared/federated-schema.js';
import { deriveKey } from '../shared/keys.js';
import { PublishedEnvironments } from '../shared/published/environment.js';
import { createRequestContext } from '../shared/request-context.js';
import type { SharedServices } from '../shared/shared-services.js';
import type { Subgraph } from '../shared/subgraph.js';
import { CapacityResolver } from './capacity/capacity.resolver.js';
import { CapacityService } from './capacity/capacity.service.js';
import { ClusterEntity } from './cluster/cluster.entity.js';
import { ClusterRepository } from './cluster/cluster.repository.js';
import { ClusterResolver } from './cluster/cluster.resolver.js';
import { ClusterService } from './cluster/cluster.service.js';
import { ClusterFacetsResolver } from './cluster/cluster-facets.resolver.js';
import { ClusterListRepository } from './cluster/cluster-list.repository.js';
import { ClusterListService } from './cluster/cluster-list.service.js';
import { ClusterVisibility } from './cluster/cluster-visibility.js';
import type { ClustersContext } from './clusters-context.js';
import type { ClustersConfig } from './config.js';
import { Cluster1795374000000 } from './migrations/1795374000000-cluster.js';
import { PublishRecords1795374000001 } from './migrations/1795374000001-publish-records.js';
import { Impersonation1795374000002 } from './migrations/1795374000002-impersonation.js';
import { ClusterCheck1795374000010 } from './migrations/1795374000010-cluster-check.js';
import { NodeDrain1795374000020 } from './migrations/1795374000020-node-drain.js';
import { ClusterPodsClient } from './node/cluster-pods.client.js';
import { CordonResolver } from './node/cordon.resolver.js';
import { CordonService } from './node/cordon.service.js';
import { NodeClient } from './node/node.client.js';
import { ClusterNodesResolver, NodeResolver } from './node/node.resolver.js';
import { NodeService } from './node/node.service.js';
import { NodeMaintenanceClient } from './node/node-maintenance.client.js';
import { DrainReadingService } from './node-drain/drain-reading.service.js';
import { DrainRunner } from './node-drain/drain-runner.js';
import { NodeDrainEntity } from './node-drain/node-drain.entity.js';
import { NodeDrainRepository } from './node-drain/node-drain.repository.js';
import {
  ClusterDrainsResolver,
  NodeDrainResolver,
  NodeDrainsResolver,
} from './node-drain/node-drain.resolver.js';
import { NodeDrainService } from './node-drain/node-drain.service.js';
import { ClusterCheckClient } from './registration/cluster-check.client.js';
import { CredentialsVault } from './registration/credentials-vault.js';
import { ManagedClusters } from './registration/managed-cluster.js';
import { RecheckService } from './registration/recheck.service.js';
import { RegistrationResolver } from './registration/registration.resolver.js';
import { RegistrationService } from './registration/registration.service.js';
import { RightsMonitor } from './registration/rights-monitor.js';
import { RotationService } from './registration/rotation.service.js';
import {
  type StartupCluster,
  StartupRegistrationService,
} from './registration/startup-registration.service.js';
import { UnregistrationService } from './registration/unregistration.service.js';
import { UpdateService } from './registration/update.service.js';
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

export const clusterEntities = [ClusterEntity, NodeDrainEntity];
export const clusterMigrations = [
  Cluster1795374000000,
  PublishRecords1795374000001,
  Impersonation1795374000002,
  ClusterCheck1795374000010,
  NodeDrain1795374000020,
];

export async function startClustersSubgraph(
  config: ClustersConfig,
  services: SharedServices,
): Promise<ClustersSubgraph> {
  const { clock, events, connections, informers, metrics, permissions, addressPolicy } = services;
  const logger = services.logger.child({ subgraph: 'clusters' });
  const database = await Database.open({
    url: services.config.databaseUrl,
    subgraph: 'clusters',
    entities: clusterEntities,
    migrations: clusterMigrations,
    logger,
  });
  const changes = new Changes(database, clock, events);
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
  const check = new ClusterCheckClient(connections, clock);
  const managed = new ManagedClusters(clusters, visibility, permissions);
  const looking = { managed, clusters, service, check, vault, addressPolicy, changes, permissions, clock };
  const rights = new RightsMonitor({
    clusters,
    check,
    monitor,
    changed: (clusterId) =>
      database.transaction((transaction) =>
        notifyDomainEvent(transaction, { type: 'cluster.changed', clusterId }),
      ),
    clock,
    maximumAgeMs: config.permissionCheckInterval,
    logger,
  });
  const startup = new StartupRegistrationService(clusters, database, vault, addressPolicy, clock);
  const nodes = new NodeClient(informers);
  const pods = new ClusterPodsClient(informers);
  const nodeService = new NodeService(nodes, pods, metrics, monitor);
  const maintenance = new NodeMaintenanceClient(connections);
  const epoch = randomBytes(6).toString('hex');
  const drainRecords = new NodeDrainRepository(database);
  const drains = new DrainReadingService(drainRecords, permissions, events, services.guard);
  const drainRunner = new DrainRunner({
    database,
    drains: drainRecords,
    connections,
    clock,
    logger,
    holder: epoch,
  });
  const resolvers = [
    new ClusterResolver(
      service,
      new ClusterListService(
        clusters,
        new ClusterListRepository(database),
        service,
        visibility,
        monitor,
        permissions,
      ),
      new StorageClassService(new StorageClassClient(informers), monitor),
    ),
    new ClusterFacetsResolver(),
    new CapacityResolver(new CapacityService(nodes, pods, metrics, monitor)),
    new ClusterNodesResolver(nodeService),
    new NodeResolver(nodeService),
    new CordonResolver(new CordonService(managed, maintenance, changes)),
    new NodeDrainResolver(
      new NodeDrainService(managed, drainRecords, maintenance, connections, changes, clock),
      drains,
      service,
      nodeService,
    ),
    new ClusterDrainsResolver(drains),
    new NodeDrainsResolver(drains),
    new RegistrationResolver(
      new RegistrationService(looking),
      new UpdateService(managed, clusters, service, changes, clock),
      new RotationService(looking),
      new UnregistrationService(managed, clusters, service, environments, changes, clock),
      new RecheckService(looking),
    ),
    new ClusterStatusResolver(),
  ];
  const clusterStatus = new ClusterStatusService(
    service,
    monitor,
    permissions,
    events,
    services.guard,
    epoch,
  );
  const instances = new Map<unknown, unknown>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  await monitor.start();
  rights.start();
  drainRunner.start(events);

  return {
    name: 'clusters',
    schema: buildFederatedSchema(clustersSchema, instances, changes.recordRefusal),
    createContext: (caller, signal): ClustersContext => ({
      ...createRequestContext(caller, signal),
      clusterStatus,
      drains,
    }),
    ready: () => database.readiness(),
    ensureCluster: (input) => startup.ensure(input),
    async dispose() {
      await drainRunner.dispose();
      await rights.dispose();
      monitor.dispose();
      await database.dispose();
    },
  };
}
