import { Changes } from '../shared/changes.js';
import { Database } from '../shared/database.js';
import { buildFederatedSchema } from '../shared/federated-schema.js';
import { PublishedBindings } from '../shared/published/binding.js';
import { PublishedEnvironments } from '../shared/published/environment.js';
import { createRequestContext } from '../shared/request-context.js';
import type { SharedServices } from '../shared/shared-services.js';
import type { Subgraph } from '../shared/subgraph.js';
import type { MarketplaceConfig } from './config.js';
import { CredentialsService } from './instance/credentials.service.js';
import { EnvironmentWatch } from './instance/environment-watch.js';
import { FirstAttempt } from './instance/first-attempt.js';
import { InstanceEntity } from './instance/instance.entity.js';
import { InstanceRepository } from './instance/instance.repository.js';
import { InstanceResolver } from './instance/instance.resolver.js';
import { InstanceService } from './instance/instance.service.js';
import { InstanceCreationService } from './instance/instance-creation.service.js';
import { InstanceDeletionService } from './instance/instance-deletion.service.js';
import {
  EnvironmentInstancesResolver,
  ProjectInstancesResolver,
  ProjectStatisticsInstancesResolver,
} from './instance/instance-links.resolver.js';
import { InstanceMutationResolver } from './instance/instance-mutation.resolver.js';
import { InstancePreflight } from './instance/instance-preflight.js';
import { InstanceReconciler } from './instance/instance-reconciler.js';
import { InstanceStatusResolver } from './instance/instance-status.resolver.js';
import { InstanceUpdateService } from './instance/instance-update.service.js';
import { randomText } from './instance/random-text.js';
import { WorkloadClient } from './instance/workload.client.js';
import { WorkloadObserver } from './instance/workload-observer.client.js';
import type { MarketplaceContext } from './marketplace-context.js';
import { marketplaceMigrations } from './migrations/migrations.js';
import { builtInCatalogue, Catalogue } from './offering/catalogue.js';
import { OfferingResolver } from './offering/offering.resolver.js';
import { OfferingService } from './offering/offering.service.js';
import { marketplaceSchema } from './schema.js';

/** The marketplace with everything that it is made of. Rejects when the catalogue has a fault. */
export async function startMarketplaceSubgraph(
  config: MarketplaceConfig,
  services: SharedServices,
): Promise<Subgraph> {
  const { clock, connections, events, informers, permissions, published } = services;
  const logger = services.logger.child({ subgraph: 'marketplace' });
  const catalogue = Catalogue.load([builtInCatalogue(), ...config.catalogues]);
  const database = await Database.open({
    url: services.config.databaseUrl,
    subgraph: 'marketplace',
    entities: [InstanceEntity],
    migrations: marketplaceMigrations,
    logger,
  });

  const changes = new Changes(database, clock, events);
  const repository = new InstanceRepository(database);
  const environments = new PublishedEnvironments(published);
  const bindings = new PublishedBindings(published);
  const client = new WorkloadClient(connections);
  const reconciler = new InstanceReconciler({
    repository,
    client,
    catalogue,
    bindings,
    randomText,
    clock,
    logger,
  });
  const firstAttempt = new FirstAttempt(reconciler, repository);
  const preflight = new InstancePreflight(client);
  const parts = {
    repository,
    catalogue,
    client,
    preflight,
    firstAttempt,
    changes,
    permissions,
    environments,
    bindings,
    clock,
  };

  const instances = new InstanceService(
    repository,
    new WorkloadObserver(informers),
    permissions,
    events,
    services.guard,
    clock,
  );
  const offerings = new OfferingService(catalogue, permissions);
  const resolvers = [
    new OfferingResolver(offerings),
    new InstanceResolver(instances, offerings),
    new InstanceMutationResolver(
      new InstanceCreationService(parts),
      new InstanceUpdateService(parts),
      new InstanceDeletionService(parts),
      new CredentialsService(repository, client, changes, permissions),
    ),
    new InstanceStatusResolver(),
    new ProjectInstancesResolver(instances),
    new EnvironmentInstancesResolver(instances),
    new ProjectStatisticsInstancesResolver(instances),
  ];
  const byClass = new Map<unknown, object>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  const environmentWatch = new EnvironmentWatch(repository, environments, events, logger);
  environmentWatch.start();
  reconciler.start();

  return {
    name: 'marketplace',
    schema: buildFederatedSchema(marketplaceSchema, byClass, changes.recordRefusal),
    createContext: (caller, signal): MarketplaceContext => ({
      ...createRequestContext(caller, signal),
      instances,
    }),
    ready: () => database.readiness(),
    async dispose() {
      environmentWatch.dispose();
      await reconciler.dispose();
      await database.dispose();
    },
  };
}
