import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { Node } from '../node/node.type.js';

@ObjectType({
  description: 'Something of the marketplace that runs in an environment, such as a Redis.',
  implements: Node,
})
@Reference()
@Permission('instances.read')
export class Instance {
  @Field(() => ID, { description: 'Global id.' })
  id: string;
}
