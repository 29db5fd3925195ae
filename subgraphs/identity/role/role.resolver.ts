import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { RoleService } from './role.service.js';
import {
  CreateRoleInput,
  CreateRolePayload,
  DeleteRoleInput,
  DeleteRolePayload,
  Role,
  UpdateRoleInput,
  UpdateRolePayload,
} from './role.type.js';
import { loadRole } from './role-loader.js';

@Resolver(() => Role)
export class RoleResolver implements ReferenceResolver {
  constructor(private readonly roleService: RoleService) {}

  @Query(() => [Role], {
    description: 'All roles: the built-in ones, then those of this installation by name.',
  })
  @Permission('signed-in')
  roles(@Ctx() { caller }: RequestContext): Promise<Role[]> {
    return this.roleService.listAll(caller);
  }

  @Mutation(() => CreateRolePayload, { description: 'Creates a role. Binding it gives it to somebody.' })
  @Permission('roles.manage')
  async createRole(
    @Arg('input', { description: 'The role.' }) input: CreateRoleInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CreateRolePayload> {
    return { role: await this.roleService.create(caller, input) };
  }

  @Mutation(() => UpdateRolePayload, {
    description: 'Changes a role for all who hold it. Needs every permission that is added or removed.',
  })
  @Permission('roles.manage')
  async updateRole(
    @Arg('input', { description: 'The change.' }) input: UpdateRoleInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UpdateRolePayload> {
    return { role: await this.roleService.update(caller, input) };
  }

  @Mutation(() => DeleteRolePayload, { description: 'Deletes a role that nobody holds.' })
  @Permission('roles.manage')
  async deleteRole(
    @Arg('input', { description: 'Which.' }) input: DeleteRoleInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeleteRolePayload> {
    return { roleId: await this.roleService.delete(caller, input) };
  }

  resolveReference({ id }: { id: string }, context: RequestContext): Promise<Role | null> {
    return loadRole(this.roleService, id, context);
  }
}
