import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A tenant. Identity adds who is a member of it.' })
@Reference()
@Permission('projects.read')
export class Project {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;
}
