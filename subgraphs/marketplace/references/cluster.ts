import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A Kubernetes cluster (owned by clusters).' })
@Reference()
@Permission('signed-in')
export class Cluster {
  @Field(() => ID, { description: 'Global id.' })
  id: string;
}
