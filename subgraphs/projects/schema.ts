import type { FederatedSchemaOptions } from '../shared/federated-schema.js';
import { EnvironmentResolver } from './environment/environment.resolver.js';
import { EnvironmentChangeResolver } from './environment/environment-change.resolver.js';
import { LandscapeResolver } from './landscape/landscape.resolver.js';
import { ProjectResolver } from './project/project.resolver.js';
import { ProjectChangeResolver } from './project/project-change.resolver.js';
import { ClusterResolver } from './references/cluster.resolver.js';

export const projectsSchema: FederatedSchemaOptions = {
  resolvers: [
    LandscapeResolver,
    ProjectResolver,
    ProjectChangeResolver,
    EnvironmentResolver,
    EnvironmentChangeResolver,
    ClusterResolver,
  ],
  references: {
    Landscape: LandscapeResolver,
    Project: ProjectResolver,
    Environment: EnvironmentResolver,
    Cluster: ClusterResolver,
  },
};
