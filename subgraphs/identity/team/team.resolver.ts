import DataLoader from 'dataloader';
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import { type Page, PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import { type User, UserConnection } from '../user/user.type.js';
import type { TeamService } from './team.service.js';
import {
  AddTeamMembersInput,
  AddTeamMembersPayload,
  CreateTeamInput,
  CreateTeamPayload,
  DeleteTeamInput,
  DeleteTeamPayload,
  RemoveTeamMembersInput,
  RemoveTeamMembersPayload,
  Team,
  TeamConnection,
  UpdateTeamInput,
  UpdateTeamPayload,
} from './team.type.js';
import { loadTeam } from './team-loader.js';

@Resolver(() => Team)
export class TeamResolver implements ReferenceResolver {
  constructor(private readonly teamService: TeamService) {}

  @Query(() => TeamConnection, {
    description: 'All teams, in order of name. Open to those who may read teams in any scope.',
  })
  @Permission('teams.read')
  teams(
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<Team>> {
    return this.teamService.list(caller, page);
  }

  @FieldResolver(() => UserConnection, { description: 'Who belongs to it, in order of login.' })
  members(
    @Root() team: Team,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { caller, loaders }: RequestContext,
  ): Promise<Page<User>> {
    const key = Symbol.for(`members of teams ${JSON.stringify([page.first, page.after])}`);
    const make = () =>
      new DataLoader<string, Page<User>>((ids) => this.teamService.listMembers(caller, ids, page));
    return loaders.get(key, make).load(team.id);
  }

  @Mutation(() => CreateTeamPayload, { description: 'Creates a team.' })
  @Permission('teams.manage')
  async createTeam(
    @Arg('input', { description: 'The team.' }) input: CreateTeamInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CreateTeamPayload> {
    return { team: await this.teamService.create(caller, input) };
  }

  @Mutation(() => UpdateTeamPayload, { description: 'Changes the name or description of a team.' })
  @Permission('teams.manage')
  async updateTeam(
    @Arg('input', { description: 'The change.' }) input: UpdateTeamInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UpdateTeamPayload> {
    return { team: await this.teamService.update(caller, input) };
  }

  @Mutation(() => AddTeamMembersPayload, {
    description: 'Adds users to a team. Needs every permission that the team gives to its members.',
  })
  @Permission('teams.manage')
  async addTeamMembers(
    @Arg('input', { description: 'Who joins which team.' }) input: AddTeamMembersInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<AddTeamMembersPayload> {
    return { team: await this.teamService.addMembers(caller, input) };
  }

  @Mutation(() => RemoveTeamMembersPayload, { description: 'Removes users from a team.' })
  @Permission('teams.manage')
  async removeTeamMembers(
    @Arg('input', { description: 'Who leaves which team.' }) input: RemoveTeamMembersInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RemoveTeamMembersPayload> {
    return { team: await this.teamService.removeMembers(caller, input) };
  }

  @Mutation(() => DeleteTeamPayload, { description: 'Deletes a team with the role bindings that it has.' })
  @Permission('teams.manage')
  async deleteTeam(
    @Arg('input', { description: 'Which.' }) input: DeleteTeamInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeleteTeamPayload> {
    return { teamId: await this.teamService.delete(caller, input) };
  }

  resolveReference({ id }: { id: string }, context: RequestContext): Promise<Team | null> {
    return loadTeam(this.teamService, id, context);
  }
}
