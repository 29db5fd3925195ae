import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Node } from '../node/node.type.js';

@ObjectType({ description: 'Users who get roles together.', implements: Node })
@Entity()
@Permission('teams.read')
export class Team {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;

  @Field({ description: 'Its name, unique.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description: string | null;

  @Field(() => DateTimeScalar, { description: 'Since when there is this team.' })
  createdAt: Date;

  @Field(() => Int, { description: 'Counts the changes; give it back when updating.' })
  version: number;
}

export const TeamConnection = connectionOf(Team, 'Team', 'teams.read');

@InputType({ description: 'A new team.' })
export class CreateTeamInput {
  @Field({ description: 'Lower-case letters, digits and "-"; at most 63 characters.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null;

  @Field(() => [ID], { nullable: true, description: 'Its first members.' })
  memberIds?: string[] | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the team once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What to change of a team; what is left out stays.' })
export class UpdateTeamInput {
  @Field(() => ID, { description: 'Which.' })
  teamId: string;

  @Field(() => String, { nullable: true, description: 'The new name.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for; null removes it.' })
  description?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version that you read: the change is refused when there is a newer one.',
  })
  version?: number | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Users to add to a team.' })
export class AddTeamMembersInput {
  @Field(() => ID, { description: 'Which team.' })
  teamId: string;

  @Field(() => [ID], { description: 'Whom; at most 500 at once.' })
  userIds: string[];

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Users to remove from a team.' })
export class RemoveTeamMembersInput extends AddTeamMembersInput {}

@InputType({ description: 'A team to delete.' })
export class DeleteTeamInput {
  @Field(() => ID, { description: 'Which.' })
  teamId: string;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

/** What mutations of a team answer. */
@ObjectType()
abstract class TeamPayload extends MutationPayload {
  @Field(() => Team, { nullable: true, description: 'The team; null when it was refused.' })
  team?: Team | null;
}

@ObjectType({ description: 'What createTeam did.' })
@Permission('teams.manage')
export class CreateTeamPayload extends TeamPayload {}

@ObjectType({ description: 'What updateTeam did.' })
@Permission('teams.manage')
export class UpdateTeamPayload extends TeamPayload {}

@ObjectType({ description: 'What addTeamMembers did.' })
@Permission('teams.manage')
export class AddTeamMembersPayload extends TeamPayload {}

@ObjectType({ description: 'What removeTeamMembers did.' })
@Permission('teams.manage')
export class RemoveTeamMembersPayload extends TeamPayload {}

@ObjectType({ description: 'What deleteTeam did.' })
@Permission('teams.manage')
export class DeleteTeamPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The team that is gone; null when it was refused.' })
  teamId?: string | null;
}
