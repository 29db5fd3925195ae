import type { FederatedSchemaOptions } from '../shared/federated-schema.js';
import { ClusterResolver } from './cluster/cluster.resolver.js';
import { RegistrationResolver } from './registration/registration.resolver.js';
import { ClusterStatusResolver } from './status/cluster-status.resolver.js';

export const clustersSchema: FederatedSchemaOptions = {
  resolvers: [ClusterResolver, RegistrationResolver, ClusterStatusResolver],
  references: { Cluster: ClusterResolver },
};
