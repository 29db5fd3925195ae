import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { Page } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import type { UserService } from './user.service.js';
import {
  CreateUserInput,
  DisableUserInput,
  EnableUserInput,
  UpdateUserInput,
  User,
  UserConnection,
  UserListArguments,
} from './user.type.js';
import { loadUser } from './user-loader.js';
import {
  CreateUserPayload,
  DisableUserPayload,
  EnableUserPayload,
  UpdateUserPayload,
} from './user-payloads.type.js';

@Resolver(() => User)
export class UserResolver implements ReferenceResolver {
  constructor(private readonly users: UserService) {}

  @Query(() => UserConnection, {
    name: 'users',
    description:
      'Everybody, in order of login. Open to those who may read users in any scope, to find members by name.',
  })
  @Permission('users.read')
  list(
    @Args(() => UserListArguments) { filter, ...page }: UserListArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<User>> {
    return this.users.list(caller, page, filter ?? {});
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'E-mail address; null when there is none, or for callers who may not read users.',
  })
  @Permission('users.read')
  async email(@Root() user: User, @Ctx() { caller }: RequestContext): Promise<string | null> {
    return (await this.users.maySeeDetails(caller, user.id)) ? user.email : null;
  }

  @FieldResolver(() => Boolean, { description: 'True when the user can no longer sign in.' })
  @Permission('users.read')
  async disabled(@Root() user: User, @Ctx() { caller }: RequestContext): Promise<boolean> {
    await this.users.requireDetails(caller, user.id);
    return user.disabled;
  }

  @FieldResolver(() => DateTimeScalar, { description: 'Since when there is this user.' })
  @Permission('users.read')
  async createdAt(@Root() user: User, @Ctx() { caller }: RequestContext): Promise<Date> {
    await this.users.requireDetails(caller, user.id);
    return user.createdAt;
  }

  @FieldResolver(() => Int, { description: 'Counts the changes; give it back when updating.' })
  @Permission('users.read')
  async version(@Root() user: User, @Ctx() { caller }: RequestContext): Promise<number> {
    await this.users.requireDetails(caller, user.id);
    return user.version;
  }

  @Mutation(() => CreateUserPayload, { description: 'Creates a user, without any role.' })
  @Permission('users.manage')
  async createUser(
    @Arg('input', { description: 'The user.' }) input: CreateUserInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CreateUserPayload> {
    return { user: await this.users.create(caller, input) };
  }

  @Mutation(() => UpdateUserPayload, { description: "Changes a user's name or address." })
  @Permission('users.manage')
  async updateUser(
    @Arg('input', { description: 'The change.' }) input: UpdateUserInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UpdateUserPayload> {
    return { user: await this.users.update(caller, input) };
  }

  @Mutation(() => DisableUserPayload, {
    description:
      'Keeps a user out: ends the sessions, and access tokens do not count. Refused for the last platform administrator.',
  })
  @Permission('users.manage')
  async disableUser(
    @Arg('input', { description: 'Whom.' }) input: DisableUserInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DisableUserPayload> {
    return { user: await this.users.disable(caller, input) };
  }

  @Mutation(() => EnableUserPayload, { description: 'Lets a disabled user in again.' })
  @Permission('users.manage')
  async enableUser(
    @Arg('input', { description: 'Whom.' }) input: EnableUserInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<EnableUserPayload> {
    return { user: await this.users.enable(caller, input) };
  }

  resolveReference({ id }: { id: string }, context: RequestContext): Promise<User | null> {
    return loadUser(this.users, id, context);
  }
}
