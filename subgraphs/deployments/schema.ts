import type { FederatedSchemaOptions } from '../shared/federated-schema.js';
import { ApplicationResolver } from './application/application.resolver.js';
import { BindingResolver } from './binding/binding.resolver.js';
import { DeploymentResolver } from './deployment/deployment.resolver.js';
import { DeploymentMutationResolver } from './deployment/deployment-mutation.resolver.js';
import { ExecHistoryResolver } from './exec-session/exec-history.resolver.js';
import { ExecSessionResolver } from './exec-session/exec-session.resolver.js';
import { ListChangesResolver } from './list-changes.resolver.js';
import { LogResolver } from './log/log.resolver.js';
import { PodResolver } from './pod/pod.resolver.js';
import { InstanceResolver } from './references/instance.resolver.js';
import { ObservationResolver } from './references/observation.resolver.js';
import { ProjectStatistics } from './references/project.reference.js';
import {
  EnvironmentResolver,
  ProjectResolver,
  ProjectStatisticsResolver,
} from './references/project.resolver.js';
import { RolloutResolver } from './rollout/rollout.resolver.js';
import { ServiceResolver } from './service/service.resolver.js';
import { ServiceFacetsResolver } from './service/service-facets.resolver.js';

/** The deployments subgraph's part of the graph. Opens nothing. */
export const deploymentsSchema: FederatedSchemaOptions = {
  resolvers: [
    ApplicationResolver,
    ServiceResolver,
    ServiceFacetsResolver,
    DeploymentResolver,
    DeploymentMutationResolver,
    RolloutResolver,
    PodResolver,
    LogResolver,
    ExecSessionResolver,
    ExecHistoryResolver,
    BindingResolver,
    ListChangesResolver,
    ObservationResolver,
    ProjectResolver,
    ProjectStatisticsResolver,
    EnvironmentResolver,
    InstanceResolver,
  ],
  orphanedTypes: [ProjectStatistics],
  references: {
    Application: ApplicationResolver,
    Service: ServiceResolver,
    Deployment: DeploymentResolver,
    Project: ProjectResolver,
    ProjectStatistics: ProjectStatisticsResolver,
    Environment: EnvironmentResolver,
    Instance: InstanceResolver,
  },
};
