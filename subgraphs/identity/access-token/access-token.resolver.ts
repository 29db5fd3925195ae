import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import { Scope } from '../scope.type.js';
import type { UserService } from '../user/user.service.js';
import { User } from '../user/user.type.js';
import { loadUser } from '../user/user-loader.js';
import type { AccessTokenService } from './access-token.service.js';
import {
  AccessToken,
  CreateAccessTokenInput,
  CreateAccessTokenPayload,
  RevokeAccessTokenInput,
  RevokeAccessTokenPayload,
} from './access-token.type.js';
import { loadAccessToken } from './access-token-loader.js';

@Resolver(() => AccessToken)
export class AccessTokenResolver implements ReferenceResolver {
  constructor(
    private readonly tokens: AccessTokenService,
    private readonly userService: UserService,
  ) {}

  @FieldResolver(() => Scope, { description: 'Where it may be used.' })
  scope(@Root() token: AccessToken): Scope {
    return Scope.of(token);
  }

  @FieldResolver(() => User, { description: 'Whose it is.' })
  user(@Root() token: AccessToken, @Ctx() context: RequestContext): Promise<User | null> {
    return loadUser(this.userService, token.userId, context);
  }

  @Mutation(() => CreateAccessTokenPayload, {
    description: 'Creates an access token for the caller. Its secret is in this answer only.',
  })
  @Permission('signed-in')
  async createAccessToken(
    @Arg('input', { description: 'The token.' }) input: CreateAccessTokenInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CreateAccessTokenPayload> {
    const { accessToken, secret } = await this.tokens.create(caller, input);
    return { accessToken, secret };
  }

  @Mutation(() => RevokeAccessTokenPayload, {
    description: "Ends an access token: one's own, or anybody's with users.manage.",
  })
  @Permission('signed-in')
  async revokeAccessToken(
    @Arg('input', { description: 'Which.' }) input: RevokeAccessTokenInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RevokeAccessTokenPayload> {
    return { accessToken: await this.tokens.revoke(caller, input) };
  }

  resolveReference({ id }: { id: string }, context: RequestContext): Promise<AccessToken | null> {
    return loadAccessToken(this.tokens, id, context);
  }
}
