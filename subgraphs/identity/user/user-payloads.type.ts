import { Field, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { User } from './user.type.js';

/** What mutations of a user answer. */
@ObjectType()
abstract class UserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: 'The user; null when it was refused.' })
  user?: User | null;
}

@ObjectType({ description: 'What createUser did.' })
@Permission('users.manage')
export class CreateUserPayload extends UserPayload {}

@ObjectType({ description: 'What updateUser did.' })
@Permission('users.manage')
export class UpdateUserPayload extends UserPayload {}

@ObjectType({ description: 'What disableUser did.' })
@Permission('users.manage')
export class DisableUserPayload extends UserPayload {}

@ObjectType({ description: 'What enableUser did.' })
@Permission('users.manage')
export class EnableUserPayload extends UserPayload {}

@ObjectType({ description: 'What resetPassword did.' })
@Permission('users.manage')
export class ResetPasswordPayload extends UserPayload {}

@ObjectType({ description: 'What changePassword did.' })
@Permission('signed-in')
export class ChangePasswordPayload extends UserPayload {}
