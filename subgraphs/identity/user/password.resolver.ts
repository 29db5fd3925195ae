import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { PasswordService } from './password.service.js';
import { ChangePasswordInput, ResetPasswordInput } from './password.type.js';
import { ChangePasswordPayload, ResetPasswordPayload } from './user-payloads.type.js';

@Resolver()
export class PasswordResolver {
  constructor(private readonly passwords: PasswordService) {}

  @Mutation(() => ChangePasswordPayload, {
    description: "Changes the caller's own password and ends the caller's other sessions.",
  })
  @Permission('signed-in')
  async changePassword(
    @Arg('input', { description: 'Both passwords.' }) input: ChangePasswordInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ChangePasswordPayload> {
    return { user: await this.passwords.change(caller, input) };
  }

  @Mutation(() => ResetPasswordPayload, {
    description:
      'Sets the password of somebody who forgot it and ends their sessions. Needs every permission that they hold.',
  })
  @Permission('users.manage')
  async resetPassword(
    @Arg('input', { description: 'Whose, and the new one.' }) input: ResetPasswordInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ResetPasswordPayload> {
    return { user: await this.passwords.reset(caller, input) };
  }
}
