import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';
import { Node } from '../node/node.type.js';

@ObjectType({ description: 'A tenant. Identity adds who is a member of it.', implements: Node })
@Reference()
@Permission('projects.read')
export class Project {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;
}
