import { Field, ID, InputType, ObjectType } from 'type-graphql';
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

@ObjectType({ description: 'One sign-in of the caller that still counts.' })
@Permission('signed-in')
export class Session {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;

  @Field({ description: 'True for the one that this request uses.' })
  current: boolean;

  @Field(() => String, { nullable: true, description: 'Network address it was opened from, when known.' })
  address: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was opened.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it ends.' })
  expiresAt: Date;
}

@InputType({ description: "One of the caller's sessions." })
export class RevokeSessionInput {
  @Field(() => ID, { description: 'Which.' })
  sessionId: string;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'What revokeSession did.' })
@Permission('signed-in')
export class RevokeSessionPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The session that ended; null when it was refused.' })
  sessionId?: string | null;
}
