import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference, Shareable } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { ObservationError } from '../../shared/shared-types.js';

@ObjectType()
@Reference()
@Permission('clusters.read')
export class Cluster {
  @Field(() => ID)
  id: string;
}

@ObjectType({
  description: 'How fresh a value read from a cluster is. Partial or stale data always says so.',
})
@Shareable()
@Permission('signed-in')
export class Observation {
  @Field(() => Cluster, { description: 'The cluster it was read from.' })
  cluster: Cluster;

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
