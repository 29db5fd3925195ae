import { ArgsType, Field, ID, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { User } from '../user/user.type.js';

@ObjectType({ description: 'The caller.' })
@Permission('signed-in')
export class Viewer {
  @Field(() => User, { description: 'Who is signed in.' })
  user: User;
}

@ArgsType()
export class CanArguments {
  @Field({ description: 'Name of a permission, such as deployments.rollback.' })
  permission: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Any object, by its global id. When left out: anywhere at all.',
  })
  on?: string | null;
}
