import type { FederatedSchemaOptions } from '../shared/federated-schema.js';
import { CapacityResolver } from './capacity/capacity.resolver.js';
import { ClusterResolver } from './cluster/cluster.resolver.js';
import { ClusterFacetsResolver } from './cluster/cluster-facets.resolver.js';
import { CordonResolver } from './node/cordon.resolver.js';
import { ClusterNodesResolver, NodeResolver } from './node/node.resolver.js';
import {
  ClusterDrainsResolver,
  NodeDrainResolver,
  NodeDrainsResolver,
} from './node-drain/node-drain.resolver.js';
import { RegistrationResolver } from './registration/registration.resolver.js';
import { ClusterStatusResolver } from './status/cluster-status.resolver.js';

export const clustersSchema: FederatedSchemaOptions = {
  resolvers: [
    ClusterResolver,
    ClusterFacetsResolver,
    CapacityResolver,
    ClusterNodesResolver,
    NodeResolver,
    CordonResolver,
    NodeDrainResolver,
    ClusterDrainsResolver,
    NodeDrainsResolver,
    RegistrationResolver,
    ClusterStatusResolver,
  ],
  references: { Cluster: ClusterResolver },
};
