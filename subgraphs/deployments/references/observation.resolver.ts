import { FieldResolver, Resolver, Root } from 'type-graphql';
import type { Observed } from '../service/service-runtime.service.js';
import { Cluster, Observation } from './cluster.reference.js';

@Resolver(() => Observation)
export class ObservationResolver {
  @FieldResolver(() => Cluster)
  cluster(@Root() { clusterId }: Observed): Cluster {
    return { id: clusterId };
  }
}
