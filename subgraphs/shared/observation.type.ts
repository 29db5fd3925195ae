import { type ClassType, Field, ObjectType } from 'type-graphql';
import { Permission, Shareable } from './federated-schema.js';
import { DateTimeScalar } from './scalars.js';
import { ObservationError } from './shared-types.js';

/** How fresh a value is. Of the cluster only its id is needed: the clusters subgraph resolves the rest. */
export interface ObservationView {
  cluster: { id: string };
  observedAt: Date | null;
  stale: boolean;
  error: ObservationError | null;
}

/**
 * The GraphQL class of observations for a subgraph, with that subgraph's own Cluster class or stub (a function, for it
 * may be defined later). Use once for each subgraph.
 */
export function observationOf(cluster: () => ClassType): ClassType<ObservationView> {
  @ObjectType({
    description: 'How fresh a value read from a cluster is. Partial or stale data always says so.',
  })
  @Shareable()
  @Permission('signed-in')
  class Observation implements ObservationView {
    @Field(cluster, { description: 'The cluster it was read from.' })
    cluster: { id: string };

    @Field(() => DateTimeScalar, {
      nullable: true,
      description: 'When the cluster last confirmed it; null when it never did.',
    })
    observedAt: Date | null;

    @Field({ description: 'True when the cluster does not answer now and the value is the last one known.' })
    stale: boolean;

    @Field(() => ObservationError, { nullable: true, description: 'Why it is stale.' })
    error: ObservationError | null;
  }
  return Observation;
}
