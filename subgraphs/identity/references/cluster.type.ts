import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A Kubernetes cluster.' })
@Reference()
@Permission('clusters.read')
export class Cluster {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;
}
