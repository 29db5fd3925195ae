import type { FederatedSchemaOptions } from '../shared/federated-schema.js';
import { InstanceResolver } from './instance/instance.resolver.js';
import {
  EnvironmentInstancesResolver,
  ProjectInstancesResolver,
  ProjectStatisticsInstancesResolver,
} from './instance/instance-links.resolver.js';
import { InstanceMutationResolver } from './instance/instance-mutation.resolver.js';
import { InstanceStatusResolver } from './instance/instance-status.resolver.js';
import { OfferingResolver } from './offering/offering.resolver.js';
import { ProjectStatistics } from './references/project-statistics.js';

/** The marketplace's part of the graph. Opens nothing. */
export const marketplaceSchema: FederatedSchemaOptions = {
  resolvers: [
    OfferingResolver,
    InstanceResolver,
    InstanceMutationResolver,
    InstanceStatusResolver,
    ProjectInstancesResolver,
    EnvironmentInstancesResolver,
    ProjectStatisticsInstancesResolver,
  ],
  references: { Instance: InstanceResolver },
  // Reached from Project.statistics, which projects owns.
  orphanedTypes: [ProjectStatistics],
};
