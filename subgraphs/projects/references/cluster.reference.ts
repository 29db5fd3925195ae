import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { type ObservationView, observationOf } from '../../shared/observation.type.js';

@ObjectType()
@Reference()
@Permission('clusters.read')
export class Cluster {
  @Field(() => ID)
  id: string;
}

export const Observation = observationOf(() => Cluster);
export type Observation = ObservationView;
