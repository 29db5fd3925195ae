import { ArgsType, Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { connectionOf, PageArguments } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Node } from '../node/node.type.js';
import { ScopeInput } from '../scope.type.js';

export const EffectEnum = { ALLOW: 'ALLOW', DENY: 'DENY' } as const;
type Effect = keyof typeof EffectEnum;

registerEnumType(EffectEnum, {
  name: 'Effect',
  description:
    'What a role binding does with the permissions of its role. A denial wins over everything allowed.',
  valuesConfig: { ALLOW: { description: 'Gives them.' }, DENY: { description: 'Takes them.' } },
});

@ObjectType({
  description: 'Gives (or, with DENY, takes) a role to a user or team within a scope.',
  implements: Node,
})
@Entity()
@Permission('bindings.read')
export class RoleBinding {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;

  @Field(() => EffectEnum, { description: 'Whether it gives or takes.' })
  effect: Effect;

  @Field(() => DateTimeScalar, { description: 'Since when.' })
  createdAt: Date;

  /** Fields with a resolver of their own: role, user, team, scope. */
  roleId: string;
  userId: string | null;
  teamId: string | null;
  clusterId: string | null;
  projectId: string | null;
  landscapeId: string | null;
  applicationId: string | null;
}

export const RoleBindingConnection = connectionOf(RoleBinding, 'RoleBinding', 'bindings.read');

@InputType({ description: 'Which role bindings.' })
export class RoleBindingFilter {
  @Field(() => ID, { nullable: true, description: 'Only those made for this user, not for its teams.' })
  userId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only those of this team.' })
  teamId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only those within this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only those of this role.' })
  roleId?: string | null;
}

@ArgsType()
export class RoleBindingListArguments extends PageArguments {
  @Field(() => RoleBindingFilter, { nullable: true, description: 'Which ones; all when left out.' })
  filter?: RoleBindingFilter | null;
}

@InputType({ description: 'A role for a user or a team.' })
export class BindRoleInput {
  @Field({ description: 'Name of the role, such as developer.' })
  role: string;

  @Field(() => ID, { nullable: true, description: 'The user; or give teamId.' })
  userId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The team; or give userId.' })
  teamId?: string | null;

  @Field(() => EffectEnum, {
    nullable: true,
    description: 'ALLOW when left out. DENY needs bindings.manage for the whole platform.',
  })
  effect?: Effect | null;

  @Field(() => ScopeInput, { nullable: true, description: 'Where; the whole platform when left out.' })
  scope?: ScopeInput | null;

  @Field(() => String, { nullable: true, description: 'Why, for the audit log.' })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the binding once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A role binding to remove.' })
export class UnbindRoleInput {
  @Field(() => ID, { description: 'Which.' })
  roleBindingId: string;

  @Field(() => String, { nullable: true, description: 'Why, for the audit log.' })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'What bindRole did.' })
@Permission('bindings.manage')
export class BindRolePayload extends MutationPayload {
  @Field(() => RoleBinding, { nullable: true, description: 'The binding; null when it was refused.' })
  roleBinding?: RoleBinding | null;
}

@ObjectType({ description: 'What unbindRole did.' })
@Permission('bindings.manage')
export class UnbindRolePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The binding that is gone; null when it was refused.' })
  roleBindingId?: string | null;
}
