import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { Node } from '../node/node.type.js';

@ObjectType({ description: 'A Kubernetes cluster.', implements: Node })
@Reference()
@Permission('clusters.read')
export class Cluster {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;
}
