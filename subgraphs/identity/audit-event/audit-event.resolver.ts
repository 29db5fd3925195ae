import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { Page } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { AccessTokenService } from '../access-token/access-token.service.js';
import { AccessToken } from '../access-token/access-token.type.js';
import { loadAccessToken } from '../access-token/access-token-loader.js';
import { Project } from '../references/project.type.js';
import type { UserService } from '../user/user.service.js';
import { User } from '../user/user.type.js';
import { loadUser } from '../user/user-loader.js';
import type { AuditEventService } from './audit-event.service.js';
import { AuditEvent, AuditEventConnection, AuditEventListArguments } from './audit-event.type.js';

@Resolver(() => AuditEvent)
export class AuditEventResolver {
  constructor(
    private readonly events: AuditEventService,
    private readonly userService: UserService,
    private readonly tokens: AccessTokenService,
  ) {}

  @Query(() => AuditEventConnection, {
    description:
      'The audit log, newest first: of the projects in all of which the caller may read it, or all of it.',
  })
  @Permission('audit.read')
  auditEvents(
    @Args(() => AuditEventListArguments) { filter, ...page }: AuditEventListArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<AuditEvent>> {
    return this.events.list(caller, filter ?? {}, page);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who did it; null for what nobody signed in did, such as a failed sign-in.',
  })
  async actor(@Root() { userId }: AuditEvent, @Ctx() context: RequestContext): Promise<User | null> {
    return userId === null ? null : loadUser(this.userService, userId, context);
  }

  @FieldResolver(() => AccessToken, {
    nullable: true,
    description: 'The access token used; null for a session, or for callers who may not read its owner.',
  })
  async accessToken(
    @Root() { credentialId }: AuditEvent,
    @Ctx() context: RequestContext,
  ): Promise<AccessToken | null> {
    return credentialId?.startsWith('token_') ? loadAccessToken(this.tokens, credentialId, context) : null;
  }

  @FieldResolver(() => Project, { nullable: true, description: 'The project that it concerns, if any.' })
  project(@Root() { projectId }: AuditEvent): Project | null {
    return projectId === null ? null : { id: projectId };
  }
}
