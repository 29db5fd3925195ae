import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A person or tool (owned by identity).' })
@Reference()
@Permission('signed-in')
export class User {
  @Field(() => ID, { description: 'Global id.' })
  id: string;
}
