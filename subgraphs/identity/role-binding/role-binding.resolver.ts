import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { Page } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { RoleService } from '../role/role.service.js';
import { Role } from '../role/role.type.js';
import { loadRole } from '../role/role-loader.js';
import { Scope } from '../scope.type.js';
import type { TeamService } from '../team/team.service.js';
import { Team } from '../team/team.type.js';
import { loadTeam } from '../team/team-loader.js';
import type { UserService } from '../user/user.service.js';
import { User } from '../user/user.type.js';
import { loadUser } from '../user/user-loader.js';
import type { RoleBindingService } from './role-binding.service.js';
import {
  BindRoleInput,
  BindRolePayload,
  RoleBinding,
  RoleBindingConnection,
  RoleBindingListArguments,
  UnbindRoleInput,
  UnbindRolePayload,
} from './role-binding.type.js';

@Resolver(() => RoleBinding)
export class RoleBindingResolver implements ReferenceResolver {
  constructor(
    private readonly bindings: RoleBindingService,
    private readonly roleService: RoleService,
    private readonly userService: UserService,
    private readonly teamService: TeamService,
  ) {}

  @Query(() => RoleBindingConnection, { description: 'Who holds which role where, oldest first.' })
  @Permission('bindings.read')
  roleBindings(
    @Args(() => RoleBindingListArguments) { filter, ...page }: RoleBindingListArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<RoleBinding>> {
    return this.bindings.list(caller, filter ?? {}, page);
  }

  @FieldResolver(() => Role, { description: 'The role given or taken.' })
  role(@Root() binding: RoleBinding, @Ctx() context: RequestContext): Promise<Role | null> {
    return loadRole(this.roleService, binding.roleId, context);
  }

  @FieldResolver(() => User, { nullable: true, description: 'Who has it; null when it is a team.' })
  async user(@Root() { userId }: RoleBinding, @Ctx() context: RequestContext): Promise<User | null> {
    return userId === null ? null : loadUser(this.userService, userId, context);
  }

  @FieldResolver(() => Team, {
    nullable: true,
    description: 'The team that has it; null when it is a user, or for callers who may not read teams.',
  })
  async team(@Root() { teamId }: RoleBinding, @Ctx() context: RequestContext): Promise<Team | null> {
    return teamId === null ? null : loadTeam(this.teamService, teamId, context);
  }

  @FieldResolver(() => Scope, { description: 'Where it holds.' })
  scope(@Root() binding: RoleBinding): Scope {
    return Scope.of(binding);
  }

  @Mutation(() => BindRolePayload, {
    description: 'Gives a role to a user or team. Nobody gives a permission that they lack in that scope.',
  })
  @Permission('bindings.manage')
  async bindRole(
    @Arg('input', { description: 'Which role to whom, and where.' }) input: BindRoleInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<BindRolePayload> {
    return { roleBinding: await this.bindings.bind(caller, input) };
  }

  @Mutation(() => UnbindRolePayload, {
    description: 'Removes a role binding. Refused when nobody would be left as platform administrator.',
  })
  @Permission('bindings.manage')
  async unbindRole(
    @Arg('input', { description: 'Which.' }) input: UnbindRoleInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UnbindRolePayload> {
    return { roleBindingId: await this.bindings.unbind(caller, input) };
  }

  async resolveReference(
    { id }: { id: string },
    { caller }: RequestContext,
  ): Promise<RoleBinding | undefined> {
    return this.bindings.find(caller, id);
  }
}
