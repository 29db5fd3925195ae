import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { connectionOf, PageArguments } from '../../shared/pagination.js';
import { Node } from '../node/node.type.js';

@ObjectType({ description: 'Somebody who can sign in.', implements: Node })
@Entity()
@Permission('signed-in')
export class User {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;

  @Field({ description: 'The name to sign in with. It never changes.' })
  login: string;

  @Field({ description: 'The name for people.' })
  displayName: string;

  /** Fields with a resolver of their own, because not everybody may see them. */
  email: string | null;
  disabled: boolean;
  createdAt: Date;
  version: number;
}

export const UserConnection = connectionOf(User, 'User', 'users.read');

@InputType({ description: 'Which users.' })
export class UserFilter {
  @Field(() => String, { nullable: true, description: 'Part of the login or display name, in any case.' })
  search?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Only those who are disabled, or only those who are not. Needs users.read for the whole platform.',
  })
  disabled?: boolean | null;

  @Field(() => ID, { nullable: true, description: 'Only members of this team. Needs teams.read.' })
  teamId?: string | null;
}

@ArgsType()
export class UserListArguments extends PageArguments {
  @Field(() => UserFilter, { nullable: true, description: 'Which users; all when left out.' })
  filter?: UserFilter | null;
}

@InputType({ description: 'A new user.' })
export class CreateUserInput {
  @Field({ description: 'To sign in with: lower-case letters, digits, "-" and "."; at most 63 characters.' })
  login: string;

  @Field({ description: 'The first password: 8 to 200 characters.' })
  password: string;

  @Field(() => String, { nullable: true, description: 'The name for people; the login when left out.' })
  displayName?: string | null;

  @Field(() => String, { nullable: true, description: 'E-mail address.' })
  email?: string | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the user once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What to change of a user; what is left out stays.' })
export class UpdateUserInput {
  @Field(() => ID, { description: 'Whom.' })
  userId: string;

  @Field(() => String, { nullable: true, description: 'The new name for people.' })
  displayName?: string | null;

  @Field(() => String, { nullable: true, description: 'The new e-mail address; null removes it.' })
  email?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version that you read: the change is refused when there is a newer one.',
  })
  version?: number | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A user to disable.' })
export class DisableUserInput {
  @Field(() => ID, { description: 'Whom.' })
  userId: string;

  @Field(() => String, { nullable: true, description: 'Why, for the audit log.' })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A user to enable again.' })
export class EnableUserInput extends DisableUserInput {}
