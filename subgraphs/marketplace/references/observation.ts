import { Field, ObjectType } from 'type-graphql';
import { Permission, Shareable } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { ObservationError } from '../../shared/shared-types.js';
import { Cluster } from './cluster.js';

@ObjectType({
  description: 'How fresh a value read from a cluster is. Partial or stale data always says so.',
})
@Shareable()
@Permission('signed-in')
export class Observation {
  @Field(() => Cluster, { description: 'The cluster that was read.' })
  cluster: Cluster;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the cluster last confirmed the value; null when it never has.',
  })
  observedAt: Date | null;

  @Field({ description: 'True when the cluster does not answer now and the value is the last one known.' })
  stale: boolean;

  @Field(() => ObservationError, {
    nullable: true,
    description: 'Why the cluster could not be read, when it could not.',
  })
  error: ObservationError | null;
}
