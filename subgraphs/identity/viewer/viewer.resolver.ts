import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { AccessTokenService } from '../access-token/access-token.service.js';
import { AccessToken } from '../access-token/access-token.type.js';
import type { SessionService } from '../session/session.service.js';
import { Session } from '../session/session.type.js';
import type { ViewerService, ViewerValue } from './viewer.service.js';
import { CanArguments, Viewer } from './viewer.type.js';

@Resolver(() => Viewer)
export class ViewerResolver {
  constructor(
    private readonly viewers: ViewerService,
    private readonly tokens: AccessTokenService,
    private readonly sessionService: SessionService,
  ) {}

  @Query(() => Viewer, { nullable: true, description: 'The caller; null when not signed in.' })
  @Permission('public')
  viewer(@Ctx() { caller }: RequestContext): Promise<Viewer | undefined> {
    return this.viewers.find(caller);
  }

  @FieldResolver(() => [String], {
    description: 'Functional permissions that the caller holds anywhere, such as deployments.rollback.',
  })
  permissions(@Root() viewer: ViewerValue): string[] {
    return viewer.permissions.names;
  }

  @FieldResolver(() => Boolean, { description: 'May the caller use this permission on this record?' })
  can(
    @Root() viewer: ViewerValue,
    @Args(() => CanArguments) { permission, on }: CanArguments,
  ): Promise<boolean> {
    return this.viewers.can(viewer, permission, on);
  }

  @FieldResolver(() => [AccessToken], {
    description:
      "The caller's access tokens that still count, newest first; 100 at most. An access token sees itself alone.",
  })
  accessTokens(@Ctx() { caller }: RequestContext): Promise<AccessToken[]> {
    return this.tokens.listOwn(caller);
  }

  @FieldResolver(() => [Session], {
    description:
      "The caller's sessions that still count, newest first; 100 at most. An access token sees none.",
  })
  sessions(@Ctx() { caller }: RequestContext): Promise<Session[]> {
    return this.sessionService.listOwn(caller);
  }
}
