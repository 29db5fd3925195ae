import { Changes } from '../shared/changes.js';
import { Database } from '../shared/database.js';
import { notifyDomainEvent } from '../shared/domain-events.js';
import { buildFederatedSchema } from '../shared/federated-schema.js';
import { PublishedClusterConnections } from '../shared/published/cluster-connection.js';
import { createRequestContext } from '../shared/request-context.js';
import type { SharedServices } from '../shared/shared-services.js';
import type { Subgraph } from '../shared/subgraph.js';
import type { ProjectsConfig } from './config.js';
import { EnvironmentClient } from './environment/environment.client.js';
import { EnvironmentEntity } from './environment/environment.entity.js';
import { EnvironmentRepository } from './environment/environment.repository.js';
import { EnvironmentResolver } from './environment/environment.resolver.js';
import { EnvironmentService } from './environment/environment.service.js';
import { EnvironmentChangeResolver } from './environment/environment-change.resolver.js';
import { EnvironmentChangeService } from './environment/environment-change.service.js';
import { EnvironmentCreationService } from './environment/environment-creation.service.js';
import { EnvironmentObserverClient } from './environment/environment-observer.client.js';
import { EnvironmentReconciler } from './environment/environment-reconciler.js';
import { LandscapeEntity } from './landscape/landscape.entity.js';
import { LandscapeRepository } from './landscape/landscape.repository.js';
import { LandscapeResolver } from './landscape/landscape.resolver.js';
import { LandscapeService } from './landscape/landscape.service.js';
import { Projects1795374000001 } from './migrations/1795374000001-projects.js';
import { PublishRecords1795374000002 } from './migrations/1795374000002-publish-records.js';
import { ProjectEntity } from './project/project.entity.js';
import { ProjectRepository } from './project/project.repository.js';
import { ProjectResolver } from './project/project.resolver.js';
import { ProjectService } from './project/project.service.js';
import { ProjectChangeResolver } from './project/project-change.resolver.js';
import { ProjectChangeService } from './project/project-change.service.js';
import { ProjectDocumentService } from './project/project-document.service.js';
import { ClusterResolver } from './references/cluster.resolver.js';
import { projectsSchema } from './schema.js';

export const projectEntities = [LandscapeEntity, ProjectEntity, EnvironmentEntity];
export const projectMigrations = [Projects1795374000001, PublishRecords1795374000002];

export async function startProjectsSubgraph(
  config: ProjectsConfig,
  services: SharedServices,
): Promise<Subgraph> {
  const { clock, events, permissions } = services;
  const logger = services.logger.child({ subgraph: 'projects' });
  const database = await Database.open({
    url: services.config.databaseUrl,
    subgraph: 'projects',
    entities: projectEntities,
    migrations: projectMigrations,
    logger,
  });
  const changes = new Changes(database, clock, events);
  const clusters = new PublishedClusterConnections(services.published);
  const landscapes = new LandscapeRepository(database);
  const projects = new ProjectRepository(database);
  const environments = new EnvironmentRepository(database);
  const client = new EnvironmentClient(services.connections);
  const observer = new EnvironmentObserverClient(services.informers);

  const landscapeService = new LandscapeService(landscapes, permissions);
  const environmentService = new EnvironmentService(environments, observer, permissions);
  const projectService = new ProjectService(projects, environments, permissions);
  const projectChanges = new ProjectChangeService(
    projects,
    projectService,
    environments,
    changes,
    permissions,
    clock,
  );
  const creation = new EnvironmentCreationService({
    environments,
    projects: projectService,
    landscapes,
    clusters,
    client,
    changes,
    permissions,
    clock,
    logger,
  });
  const environmentChanges = new EnvironmentChangeService({
    environments,
    reading: environmentService,
    landscapes,
    client,
    changes,
    permissions,
    clock,
    logger,
  });
  const documents = new ProjectDocumentService(environmentService, landscapeService, clusters);
  const reconciler = new EnvironmentReconciler({
    environments: reconciled(database, environments, clock),
    client,
    observer,
    events,
    clock,
    random: Math.random,
    intervalMs: config.reconcileInterval,
    logger,
  });
  const resolvers = [
    new LandscapeResolver(landscapeService),
    new ProjectResolver(projectService, environmentService, documents),
    new ProjectChangeResolver(projectChanges),
    new EnvironmentResolver(environmentService, projectService, landscapeService),
    new EnvironmentChangeResolver(creation, environmentChanges),
    new ClusterResolver(environmentService),
  ];
  const instances = new Map<unknown, unknown>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  reconciler.start();

  return {
    name: 'projects',
    schema: buildFederatedSchema(projectsSchema, instances, changes.recordRefusal),
    createContext: createRequestContext,
    ready: () => database.readiness(),
    async dispose() {
      reconciler.dispose();
      await database.dispose();
    },
  };
}

/** Status writes of the reconciler, told to all processes when they are committed. */
function reconciled(
  database: Database,
  environments: EnvironmentRepository,
  clock: { now(): number },
): ConstructorParameters<typeof EnvironmentReconciler>[0]['environments'] {
  const told = (
    environmentId: string,
    write: (transaction: Parameters<typeof notifyDomainEvent>[0]) => Promise<boolean>,
  ) =>
    database.transaction(async (transaction) => {
      const done = await write(transaction);
      if (done) await notifyDomainEvent(transaction, { type: 'environment.changed', environmentId });
      return done;
    });
  return {
    listAll: () => environments.listAll(),
    find: (id) => environments.find(id),
    finishCreating: (id) =>
      told(id, (transaction) =>
        environments.setState(id, { from: 'CREATING', to: 'READY', at: new Date(clock.now()) }, transaction),
      ),
    finishDeleting: (id) => told(id, (transaction) => environments.remove(id, 'DELETING', transaction)),
  };
}
