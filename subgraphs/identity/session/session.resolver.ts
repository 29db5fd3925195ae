import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { SessionService } from './session.service.js';
import {
  RevokeSessionInput,
  RevokeSessionPayload,
  SignInInput,
  SignInPayload,
  SignOutPayload,
} from './session.type.js';

/** One text, whatever was wrong. */
const refused: SignInPayload = {
  userErrors: [
    { code: 'UNAUTHENTICATED', field: null, message: 'Login and password do not belong together.' },
  ],
};

@Resolver()
export class SessionResolver {
  constructor(private readonly sessions: SessionService) {}

  @Mutation(() => SignInPayload, { description: 'Opens a session. Attempts are limited.' })
  @Permission('public')
  async signIn(
    @Arg('input', { description: 'Login and password.' }) input: SignInInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<SignInPayload> {
    return (await this.sessions.signIn(caller, input)) ?? refused;
  }

  @Mutation(() => SignOutPayload, { description: 'Ends the session: its token no longer counts.' })
  @Permission('signed-in')
  async signOut(@Ctx() { caller }: RequestContext): Promise<SignOutPayload> {
    await this.sessions.signOut(caller);
    return {};
  }

  @Mutation(() => RevokeSessionPayload, {
    description: "Ends one of the caller's own sessions, such as one left open on another machine.",
  })
  @Permission('signed-in')
  async revokeSession(
    @Arg('input', { description: 'Which.' }) input: RevokeSessionInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RevokeSessionPayload> {
    return { sessionId: await this.sessions.revoke(caller, input) };
  }
}
