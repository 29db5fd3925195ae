import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType()
@Reference()
@Permission('signed-in')
export class User {
  @Field(() => ID)
  id: string;
}

@ObjectType()
@Reference()
@Permission('signed-in')
export class AccessToken {
  @Field(() => ID)
  id: string;
}
