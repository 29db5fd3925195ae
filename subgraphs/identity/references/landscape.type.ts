import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { Node } from '../node/node.type.js';

@ObjectType({ description: 'A stage on the way to production.', implements: Node })
@Reference()
@Permission('signed-in')
export class Landscape {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;
}
