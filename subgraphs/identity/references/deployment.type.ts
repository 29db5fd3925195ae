import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { Node } from '../node/node.type.js';

@ObjectType({
  description: 'One immutable attempt to bring a service to a specification. Kept for ever.',
  implements: Node,
})
@Reference()
@Permission('deployments.read')
export class Deployment {
  @Field(() => ID, { description: 'Global ID; also a label of the pods that it made.' })
  id: string;
}
