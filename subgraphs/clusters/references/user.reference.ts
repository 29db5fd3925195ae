import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A person, or a program, that may sign in.' })
@Reference()
@Permission('signed-in')
export class User {
  @Field(() => ID, { description: 'Global id.' })
  id: string;
}
