import { Field, InputType, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { User } from '../user/user.type.js';

@InputType({ description: 'Login and password.' })
export class SignInInput {
  @Field({ description: 'The login.' })
  login: string;

  @Field({ description: 'The password.' })
  password: string;
}

@ObjectType({ description: 'What signIn did.' })
@Permission('public')
export class SignInPayload extends MutationPayload {
  @Field(() => String, {
    nullable: true,
    description: 'Send it with every request: "authorization: Bearer <token>". Null when it was refused.',
  })
  token?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the token ends; sign in again before.' })
  expiresAt?: Date | null;

  @Field(() => User, {
    nullable: true,
    description: 'Who signed in; of this user, login and name. Ask viewer for more.',
  })
  user?: User | null;
}

@ObjectType({ description: 'What signOut did.' })
@Permission('signed-in')
export class SignOutPayload extends MutationPayload {}
