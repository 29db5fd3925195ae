import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { Node } from '../node/node.type.js';

@ObjectType({ description: 'A product of a project.', implements: Node })
@Reference()
@Permission('applications.read')
export class Application {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;
}
