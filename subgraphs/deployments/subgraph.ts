import { Changes } from '../shared/changes.js';
import { Database } from '../shared/database.js';
import { buildFederatedSchema } from '../shared/federated-schema.js';
import { PublishedClusterConnections } from '../shared/published/cluster-connection.js';
import { PublishedEnvironments } from '../shared/published/environment.js';
import { PublishedInstances } from '../shared/published/instance.js';
import { createRequestContext } from '../shared/request-context.js';
import type { SharedServices } from '../shared/shared-services.js';
import type { Subgraph } from '../shared/subgraph.js';
import { ApplicationEntity } from './application/application.entity.js';
import { ApplicationRepository } from './application/application.repository.js';
import { ApplicationResolver } from './application/application.resolver.js';
import { ApplicationService } from './application/application.service.js';
import { BindingEntity } from './binding/binding.entity.js';
import { BindingRepository } from './binding/binding.repository.js';
import { BindingResolver } from './binding/binding.resolver.js';
import { BindingService } from './binding/binding.service.js';
import type { DeploymentsConfig } from './config.js';
import { DeploymentEntity } from './deployment/deployment.entity.js';
import { DeploymentRepository } from './deployment/deployment.repository.js';
import { DeploymentResolver } from './deployment/deployment.resolver.js';
import { DeploymentService } from './deployment/deployment.service.js';
import { DeploymentControlService } from './deployment/deployment-control.service.js';
import { DeploymentLogEntity } from './deployment/deployment-log.entity.js';
import { DeploymentLogService } from './deployment/deployment-log.service.js';
import { DeploymentMutationResolver } from './deployment/deployment-mutation.resolver.js';
import { DeploymentPlanService } from './deployment/deployment-plan.service.js';
import { DeploymentStarter } from './deployment/deployment-starter.js';
import { PromotionService } from './deployment/promotion.service.js';
import type { DeploymentsContext } from './deployments-context.js';
import { Environments } from './environments.js';
import { EventClient } from './event/event.client.js';
import { ExecClient } from './exec-session/exec-client.js';
import { ExecSessionResolver } from './exec-session/exec-session.resolver.js';
import { ExecSessionService } from './exec-session/exec-session.service.js';
import { ListChangesResolver } from './list-changes.resolver.js';
import { ListChangesService } from './list-changes.service.js';
import { FieldLoaders } from './loaders.js';
import { LogResolver } from './log/log.resolver.js';
import { LogService } from './log/log.service.js';
import { CreateTables1795374000000 } from './migrations/1795374000000-create-tables.js';
import { PublishRecords1795374000002 } from './migrations/1795374000002-publish-records.js';
import { InstancePodService } from './pod/instance-pod.service.js';
import { PodResolver } from './pod/pod.resolver.js';
import { PodService } from './pod/pod.service.js';
import { InstanceResolver } from './references/instance.resolver.js';
import { ObservationResolver } from './references/observation.resolver.js';
import {
  EnvironmentResolver,
  ProjectResolver,
  ProjectStatisticsResolver,
} from './references/project.resolver.js';
import { RolloutResolver } from './rollout/rollout.resolver.js';
import { RolloutService } from './rollout/rollout.service.js';
import { RolloutTracker } from './rollout/rollout.tracker.js';
import { deploymentsSchema } from './schema.js';
import { ServiceEntity } from './service/service.entity.js';
import { ServiceRepository } from './service/service.repository.js';
import { ServiceResolver } from './service/service.resolver.js';
import { ServiceService } from './service/service.service.js';
import { ServiceAccess } from './service/service-access.js';
import { ServiceCleaner } from './service/service-cleaner.js';
import { ServiceRuntimeService } from './service/service-runtime.service.js';
import { StatisticsService } from './statistics.service.js';
import { StreamGuard } from './stream-guard.js';
import { UsageClient } from './usage/usage.client.js';
import { ManifestClient } from './workload/manifest.client.js';
import { WorkloadApplier } from './workload/workload.applier.js';
import { WorkloadClient } from './workload/workload.client.js';
import { WorkloadReconciler } from './workload/workload.reconciler.js';

export const deploymentEntities = [
  ApplicationEntity,
  ServiceEntity,
  DeploymentEntity,
  DeploymentLogEntity,
  BindingEntity,
];
export const deploymentMigrations = [CreateTables1795374000000, PublishRecords1795374000002];

export async function startDeploymentsSubgraph(
  _config: DeploymentsConfig,
  shared: SharedServices,
): Promise<Subgraph> {
  const { clock, events, permissions, connections, published } = shared;
  const logger = shared.logger.child({ subgraph: 'deployments' });
  const database = await Database.open({
    url: shared.config.databaseUrl,
    subgraph: 'deployments',
    entities: deploymentEntities,
    migrations: deploymentMigrations,
    logger,
  });
  const changes = new Changes(database, clock);
  const guard = new StreamGuard(clock, events);

  const applications = new ApplicationRepository(database);
  const services = new ServiceRepository(database);
  const deployments = new DeploymentRepository(database);
  const bindings = new BindingRepository(database);
  const publishedEnvironments = new PublishedEnvironments(published);
  const instances = new PublishedInstances(published);
  const environments = new Environments(
    publishedEnvironments,
    new PublishedClusterConnections(published),
    clock,
    events,
  );

  const workloads = new WorkloadClient(shared.informers);
  const applier = new WorkloadApplier(connections, clock);
  const reconciler = new WorkloadReconciler(
    database,
    services,
    deployments,
    environments,
    applier,
    clock,
    logger,
  );
  const tracker = new RolloutTracker(database, deployments, workloads, reconciler, clock, logger);
  const cleaner = new ServiceCleaner(
    database,
    services,
    deployments,
    bindings,
    publishedEnvironments,
    reconciler,
    clock,
    logger,
  );
  const access = new ServiceAccess(permissions, services);
  const starter = new DeploymentStarter(
    changes,
    services,
    deployments,
    bindings,
    environments,
    applier,
    reconciler,
    clock,
    logger,
  );

  const applicationService = new ApplicationService(
    permissions,
    changes,
    applications,
    services,
    environments,
    clock,
  );
  const serviceService = new ServiceService(
    permissions,
    access,
    changes,
    services,
    applications,
    deployments,
    bindings,
    environments,
    applier,
    reconciler,
    clock,
    logger,
  );
  const deploymentService = new DeploymentService(permissions, access, deployments, starter, clock);
  const bindingService = new BindingService(
    permissions,
    access,
    services,
    bindings,
    instances,
    starter,
    clock,
  );
  const rollouts = new RolloutService(deploymentService, deployments, workloads, guard, events, clock);
  const deploymentLogs = new DeploymentLogService(deploymentService, deployments, guard, events);
  const pods = new PodService(access, changes, workloads, connections, guard);
  const logs = new LogService(access, workloads, connections, guard);
  const execSessions = new ExecSessionService(
    access,
    changes,
    workloads,
    new ExecClient(connections),
    guard,
    clock,
    logger,
  );
  const listChanges = new ListChangesService(permissions, guard, events);
  const loaders = new FieldLoaders({
    applications: applicationService,
    services: serviceService,
    deployments: deploymentService,
    bindings: bindingService,
    rollouts,
    workloads,
  });
  const runtime = new ServiceRuntimeService(
    loaders,
    deployments,
    environments,
    new EventClient(connections),
    new ManifestClient(connections),
    new UsageClient(connections, clock),
    clock,
  );
  const plans = new DeploymentPlanService(
    access,
    services,
    bindings,
    environments,
    applier,
    workloads,
    connections,
  );

  const resolvers = [
    new ApplicationResolver(applicationService, serviceService, loaders),
    new ServiceResolver(serviceService, runtime, deploymentService, loaders),
    new DeploymentResolver(deploymentService, plans, deploymentLogs, loaders),
    new DeploymentMutationResolver(
      deploymentService,
      new DeploymentControlService(
        access,
        changes,
        services,
        deployments,
        starter,
        reconciler,
        applier,
        clock,
        logger,
      ),
      new PromotionService(access, services, deployments, starter),
      bindingService,
    ),
    new RolloutResolver(),
    new PodResolver(pods, runtime, loaders),
    new LogResolver(),
    new ExecSessionResolver(execSessions),
    new BindingResolver(loaders),
    new ListChangesResolver(),
    new ObservationResolver(),
    new ProjectResolver(applicationService),
    new ProjectStatisticsResolver(
      new StatisticsService(permissions, applications, services, deployments, workloads),
    ),
    new EnvironmentResolver(serviceService),
    new InstanceResolver(loaders, new InstancePodService(permissions, instances, workloads)),
  ];
  const streams = {
    pods,
    rollouts,
    deploymentLogs,
    logs,
    execSessions,
    listChanges,
    services: serviceService,
    deployments: deploymentService,
  };
  await tracker.start(events);
  cleaner.start(events);

  return {
    name: 'deployments',
    schema: buildFederatedSchema(
      deploymentsSchema,
      new Map<unknown, unknown>(resolvers.map((resolver) => [resolver.constructor, resolver])),
      changes.recordRefusal,
    ),
    createContext: (caller, signal): DeploymentsContext => ({
      ...createRequestContext(caller, signal),
      streams,
    }),
    ready: () => database.readiness(),
    async dispose() {
      await execSessions.dispose();
      await tracker.dispose();
      await cleaner.dispose();
      await reconciler.settled();
      await database.dispose();
    },
  };
}
