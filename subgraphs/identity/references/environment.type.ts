import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { Node } from '../node/node.type.js';

@ObjectType({
  description: 'One project in one landscape on one cluster: a namespace with a quota.',
  implements: Node,
})
@Reference()
@Permission('environments.read')
export class Environment {
  @Field(() => ID, { description: 'Global id.' })
  id: string;
}
