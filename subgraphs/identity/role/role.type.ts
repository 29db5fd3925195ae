import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Node } from '../node/node.type.js';

@ObjectType({ description: 'A named set of functional permissions.', implements: Node })
@Entity()
@Permission('signed-in')
export class Role {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;

  @Field({ description: 'Its name, unique.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description: string | null;

  @Field({ description: 'True for those that every installation has; they cannot be changed.' })
  builtIn: boolean;

  @Field(() => [String], { description: 'Names of permissions, such as deployments.rollback, sorted.' })
  permissions: string[];

  @Field(() => Int, { description: 'Counts the changes; give it back when updating.' })
  version: number;
}

@InputType({ description: 'A new role.' })
export class CreateRoleInput {
  @Field({ description: 'Lower-case letters, digits and "-"; at most 63 characters.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null;

  @Field(() => [String], { description: 'Names of permissions, such as deployments.rollback.' })
  permissions: string[];

  @Field(() => String, { nullable: true, description: 'The same key makes the role once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What to change of a role; what is left out stays.' })
export class UpdateRoleInput {
  @Field(() => ID, { description: 'Which.' })
  roleId: string;

  @Field(() => String, { nullable: true, description: 'What it is for; null removes it.' })
  description?: string | null;

  @Field(() => [String], { nullable: true, description: 'All permissions that it has from now on.' })
  permissions?: string[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version that you read: the change is refused when there is a newer one.',
  })
  version?: number | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A role to delete.' })
export class DeleteRoleInput {
  @Field(() => ID, { description: 'Which.' })
  roleId: string;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

/** What mutations of a role answer. */
@ObjectType()
abstract class RolePayload extends MutationPayload {
  @Field(() => Role, { nullable: true, description: 'The role; null when it was refused.' })
  role?: Role | null;
}

@ObjectType({ description: 'What createRole did.' })
@Permission('roles.manage')
export class CreateRolePayload extends RolePayload {}

@ObjectType({ description: 'What updateRole did.' })
@Permission('roles.manage')
export class UpdateRolePayload extends RolePayload {}

@ObjectType({ description: 'What deleteRole did.' })
@Permission('roles.manage')
export class DeleteRolePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The role that is gone; null when it was refused.' })
  roleId?: string | null;
}
