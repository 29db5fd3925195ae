import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { Node } from '../node/node.type.js';

@ObjectType({
  description: 'One deployable component of an application in one environment.',
  implements: Node,
})
@Reference()
@Permission('services.read')
export class Service {
  @Field(() => ID, { description: 'Global ID.' })
  id: string;
}
