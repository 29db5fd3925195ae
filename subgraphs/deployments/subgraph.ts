import { Changes } from '../shared/changes.js';
import { Database } from '../shared/database.js';
import { buildFederatedSchema } from '../shared/federated-schema.js';
import { deriveKey } from '../shared/keys.js';
import { LogDownloadTokens } from '../shared/log-download-tokens.js';
import { PublishedClusterConnections } from '../shared/published/cluster-connection.js';
import { PublishedEnvironments } from '../shared/published/environment.js';
import { PublishedInstances } from '../shared/published/instance.js';
import { createRequestContext } from '../shared/request-context.js';
import type { SharedServices } from '../shared/shared-services.js';
import type { Subgraph } from '../shared/subgraph.js';
import { ApplicationRepository } from './application/application.repository.js';
import { ApplicationResolver } from './application/application.resolver.js';
import { ApplicationService } from './application/application.service.js';
import { BindingRepository } from './binding/binding.repository.js';
import { BindingResolver } from './binding/binding.resolver.js';
import { BindingService } from './binding/binding.service.js';
import type { DeploymentsConfig } from './config.js';
import { DeploymentRepository } from './deployment/deployment.repository.js';
import { DeploymentResolver } from './deployment/deployment.resolver.js';
import { DeploymentService } from './deployment/deployment.service.js';
import { DeploymentControlService } from './deployment/deployment-control.service.js';
import { DeploymentLogService } from './deployment/deployment-log.service.js';
import { DeploymentMutationResolver } from './deployment/deployment-mutation.resolver.js';
import { DeploymentPlanService } from './deployment/deployment-plan.service.js';
import { DeploymentRecorder } from './deployment/deployment-recorder.js';
import { DeploymentRehearsal } from './deployment/deployment-rehearsal.js';
import { DeploymentRequests } from './deployment/deployment-requests.js';
import { DeploymentStarter } from './deployment/deployment-starter.js';
import { Promotion } from './deployment/promotion.js';
import type { DeploymentsContext } from './deployments-context.js';
import { DriftService } from './drift/drift.service.js';
import { Environments } from './environments.js';
import { EventClient } from './event/event.client.js';
import { ExecHistoryResolver } from './exec-session/exec-history.resolver.js';
import { ExecSessionResolver } from './exec-session/exec-session.resolver.js';
import { wireExecSessions } from './exec-session/exec-wiring.js';
import { ListChangesResolver } from './list-changes.resolver.js';
import { ListChangesService } from './list-changes.service.js';
import { FieldLoaders } from './loaders.js';
import { LogResolver } from './log/log.resolver.js';
import { LogService } from './log/log.service.js';
import { InstancePodService } from './pod/instance-pod.service.js';
import { PodResolver } from './pod/pod.resolver.js';
import { PodService } from './pod/pod.service.js';
import { PodFeeds } from './pod/pod-feed.js';
import { PreflightClient } from './preflight/preflight.client.js';
import { PreflightService } from './preflight/preflight.service.js';
import { InstanceResolver } from './references/instance.resolver.js';
import { ObservationResolver } from './references/observation.resolver.js';
import {
  EnvironmentResolver,
  ProjectResolver,
  ProjectStatisticsResolver,
} from './references/project.resolver.js';
import { AutomaticRollback } from './rollout/automatic-rollback.js';
import { CanaryService } from './rollout/canary.service.js';
import { RolloutResolver } from './rollout/rollout.resolver.js';
import { RolloutService } from './rollout/rollout.service.js';
import { RolloutTracker } from './rollout/rollout.tracker.js';
import { EndpointClient } from './route/endpoint.client.js';
import { RouteRepository } from './route/route.repository.js';
import { deploymentsSchema } from './schema.js';
import { SecretValues } from './service/secret-values.js';
import { ServiceRepository } from './service/service.repository.js';
import { ServiceResolver } from './service/service.resolver.js';
import { ServiceService } from './service/service.service.js';
import { ServiceAccess } from './service/service-access.js';
import { ServiceCleaner } from './service/service-cleaner.js';
import { ServiceFacetsResolver } from './service/service-facets.resolver.js';
import { ServiceListService } from './service/service-list.service.js';
import { ServiceRuntimeService } from './service/service-runtime.service.js';
import { StatisticsService } from './statistics.service.js';
import { deploymentEntities, deploymentMigrations } from './tables.js';
import { UsageClient } from './usage/usage.client.js';
import { ManifestClient } from './workload/manifest.client.js';
import { ServiceSecretClient } from './workload/service-secret.client.js';
import { WorkloadApplier } from './workload/workload.applier.js';
import { WorkloadAssembler } from './workload/workload.assembler.js';
import { WorkloadClient } from './workload/workload.client.js';
import { WorkloadReconciler } from './workload/workload.reconciler.js';

export async function startDeploymentsSubgraph(
  config: DeploymentsConfig,
  shared: SharedServices,
): Promise<Subgraph> {
  const { clock, events, permissions, guard, connections, published } = shared;
  const logger = shared.logger.child({ subgraph: 'deployments' });
  const database = await Database.open({
    url: shared.config.databaseUrl,
    subgraph: 'deployments',
    entities: deploymentEntities,
    migrations: deploymentMigrations,
    logger,
  });
  const changes = new Changes(database, clock, events);

  const applications = new ApplicationRepository(database);
  const services = new ServiceRepository(database);
  const deployments = new DeploymentRepository(database);
  const bindings = new BindingRepository(database);
  const routes = new RouteRepository(database);
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
  const assembler = new WorkloadAssembler(environments, deployments, workloads);
  const recorder = new DeploymentRecorder(services, deployments, bindings, routes, clock);
  const rollbacks = new AutomaticRollback(services, deployments, recorder, clock);
  const reconciler = new WorkloadReconciler(
    database,
    services,
    deployments,
    assembler,
    applier,
    rollbacks,
    clock,
    logger,
  );
  const canaries = new CanaryService(database, deployments, reconciler, clock);
  const tracker = new RolloutTracker(
    database,
    deployments,
    workloads,
    reconciler,
    canaries,
    rollbacks,
    clock,
    logger,
  );
  const cleaner = new ServiceCleaner(
    database,
    services,
    deployments,
    bindings,
    routes,
    publishedEnvironments,
    reconciler,
    clock,
    logger,
  );
  const access = new ServiceAccess(permissions, services);
  const secretValues = new SecretValues(new ServiceSecretClient(connections), deployments);
  const rehearsal = new DeploymentRehearsal(deployments, bindings, assembler, applier);
  const drift = new DriftService(deployments, assembler, workloads, connections);
  const preflight = new PreflightService(
    new PreflightClient(connections),
    rehearsal,
    drift,
    workloads,
    services,
    routes,
    environments,
  );
  const starter = new DeploymentStarter(
    changes,
    services,
    deployments,
    recorder,
    preflight,
    secretValues,
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
    routes,
    environments,
    secretValues,
    applier,
    reconciler,
    clock,
    logger,
  );
  const requests = new DeploymentRequests(access, services, deployments, new Promotion(secretValues), clock);
  const deploymentService = new DeploymentService(permissions, deployments, requests, starter);
  const bindingService = new BindingService(
    permissions,
    access,
    services,
    bindings,
    instances,
    starter,
    clock,
  );
  const deploymentLogs = new DeploymentLogService(deploymentService, deployments, guard, events);
  const podFeeds = new PodFeeds(workloads);
  const pods = new PodService(access, changes, workloads, connections, guard, podFeeds);
  const logs = new LogService(
    access,
    changes,
    workloads,
    connections,
    guard,
    new LogDownloadTokens(deriveKey(shared.config.secretKey, 'log-downloads'), clock),
    clock,
  );
  const rollouts = new RolloutService(deploymentService, deployments, workloads, guard, logs, events, clock);
  const exec = wireExecSessions({
    config: config.exec,
    shared,
    database,
    changes,
    access,
    environments,
    workloads,
    logger,
  });
  const listChanges = new ListChangesService(permissions, guard, events);
  const loaders = new FieldLoaders({
    applications: applicationService,
    services: serviceService,
    deployments: deploymentService,
    deploymentRows: deployments,
    bindings: bindingService,
    rollouts,
    workloads,
  });
  const runtime = new ServiceRuntimeService(
    loaders,
    environments,
    new EventClient(connections),
    new EndpointClient(shared.informers),
    drift,
    new ManifestClient(connections),
    new UsageClient(shared.metrics),
    clock,
  );
  const plans = new DeploymentPlanService(requests, preflight, secretValues);

  const resolvers = [
    new ApplicationResolver(applicationService, loaders),
    new ServiceResolver(
      serviceService,
      new ServiceListService(permissions, services, workloads, clock),
      runtime,
      loaders,
    ),
    new ServiceFacetsResolver(),
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
        clock,
        logger,
      ),
      bindingService,
    ),
    new RolloutResolver(),
    new PodResolver(pods, runtime, loaders),
    new LogResolver(logs),
    new ExecSessionResolver(exec.sessions),
    new ExecHistoryResolver(exec.history, loaders),
    new BindingResolver(loaders),
    new ListChangesResolver(),
    new ObservationResolver(),
    new ProjectResolver(loaders),
    new ProjectStatisticsResolver(
      new StatisticsService(permissions, applications, services, deployments, workloads),
    ),
    new EnvironmentResolver(loaders),
    new InstanceResolver(loaders, new InstancePodService(permissions, instances, workloads)),
  ];
  const streams = {
    pods,
    rollouts,
    deploymentLogs,
    logs,
    execSessions: exec.sessions,
    listChanges,
    services: serviceService,
    deployments: deploymentService,
  };
  await tracker.start(events);
  cleaner.start(events);
  await exec.replica.start();

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
    served: (url) => exec.replica.announce(config.exec.replicaUrl ?? url),
    async dispose() {
      await exec.sessions.dispose();
      await exec.replica.dispose();
      podFeeds.dispose();
      await tracker.dispose();
      await cleaner.dispose();
      await reconciler.settled();
      await database.dispose();
    },
  };
}
