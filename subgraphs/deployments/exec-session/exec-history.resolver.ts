import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { Page } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { FieldLoaders } from '../loaders.js';
import { Cluster } from '../references/cluster.reference.js';
import { AccessToken, User } from '../references/user.reference.js';
import { Service } from '../service/service.type.js';
import type { ExecHistoryService, ExecSessionRow } from './exec-history.service.js';
import {
  ExecSession,
  ExecSessionConnection,
  ExecSessionListArguments,
  ReplayExecSessionInput,
  ReplayExecSessionPayload,
} from './exec-history.type.js';

@Resolver(() => ExecSession)
export class ExecHistoryResolver {
  constructor(
    private readonly history: ExecHistoryService,
    private readonly loaders: FieldLoaders,
  ) {}

  @Query(() => ExecSessionConnection, {
    description:
      'Sessions in containers that the caller may see, newest first: live, ended and refused ones.',
  })
  @Permission('exec.read')
  execSessions(
    @Args(() => ExecSessionListArguments) { filter, ...page }: ExecSessionListArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<ExecSession>> {
    return this.history.list(caller, filter ?? {}, page);
  }

  @Query(() => ExecSession, {
    nullable: true,
    description: 'One session in a container; null when absent or not permitted.',
  })
  @Permission('exec.read')
  async execSession(
    @Arg('id', () => ID, { description: 'Global ID.' }) id: string,
    @Ctx() { caller }: RequestContext,
  ): Promise<ExecSession | null> {
    return (await this.history.find(caller, id)) ?? null;
  }

  @Mutation(() => ReplayExecSessionPayload, {
    description: 'Reads the recording of a session. That you did and why is in the audit log.',
  })
  @Permission('exec.replay')
  replayExecSession(
    @Arg('input', { description: 'Which, and why.' }) input: ReplayExecSessionInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ReplayExecSessionPayload> {
    return this.history.replay(caller, input);
  }

  @FieldResolver(() => User, { description: 'Whose it is.' })
  user(@Root() { userId }: ExecSessionRow): User {
    return { id: userId };
  }

  @FieldResolver(() => AccessToken, {
    nullable: true,
    description: 'The access token that it was opened with; null for a sign-in.',
  })
  accessToken(@Root() { credentialId }: ExecSessionRow): AccessToken | null {
    return credentialId.startsWith('token_') ? { id: credentialId } : null;
  }

  @FieldResolver(() => Service, {
    nullable: true,
    description: 'In which service; null when it is gone or may not be seen.',
  })
  @Permission('services.read')
  async service(
    @Root() { serviceId }: ExecSessionRow,
    @Ctx() context: RequestContext,
  ): Promise<Service | null> {
    return (await this.loaders.service(context, serviceId)) ?? null;
  }

  @FieldResolver(() => Cluster, { description: 'On which cluster.' })
  cluster(@Root() { clusterId }: ExecSessionRow): Cluster {
    return { id: clusterId };
  }
}
