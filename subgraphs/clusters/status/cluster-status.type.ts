import { createUnionType, Field, ID, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { StreamReset } from '../../shared/stream-reset.js';
import { Cluster } from '../cluster/cluster.type.js';

const cursor = 'Give it as "after" to go on from here.';

@ObjectType({ description: 'All clusters of the stream, as they are now.' })
@Permission('clusters.read')
export class ClustersSnapshot {
  @Field({ description: cursor })
  cursor: string;

  @Field(() => [Cluster], { description: 'By name.' })
  clusters: Cluster[];
}

@ObjectType({
  description: 'A cluster came into the stream: registered, or visible to the caller from now on.',
})
@Permission('clusters.read')
export class ClusterAdded {
  @Field({ description: cursor })
  cursor: string;

  @Field(() => Cluster, { description: 'As it is now.' })
  cluster: Cluster;
}

@ObjectType({
  description:
    "A cluster's status, its reason, its version or its record changed. Latency alone sends no event.",
})
@Permission('clusters.read')
export class ClusterChanged {
  @Field({ description: cursor })
  cursor: string;

  @Field(() => Cluster, { description: 'As it is now.' })
  cluster: Cluster;
}

@ObjectType({ description: 'A cluster left the stream: unregistered, or no longer visible to the caller.' })
@Permission('clusters.read')
export class ClusterRemoved {
  @Field({ description: cursor })
  cursor: string;

  @Field(() => ID, { description: 'Its id.' })
  id: string;
}

export const ClusterStatusEvent = createUnionType({
  name: 'ClusterStatusEvent',
  description: 'What happened to the clusters of a stream.',
  types: () => [ClustersSnapshot, ClusterAdded, ClusterChanged, ClusterRemoved, StreamReset] as const,
  resolveType: (event) => (event as unknown as { type: string }).type,
});
