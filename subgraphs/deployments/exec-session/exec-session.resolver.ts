import { Arg, Ctx, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { DeploymentsContext } from '../deployments-context.js';
import type { ExecEventValue } from './exec-session.js';
import type { ExecSessionService } from './exec-session.service.js';
import {
  ExecCloseInput,
  ExecClosePayload,
  ExecEvent,
  ExecInputInput,
  ExecInputPayload,
  ExecResizeInput,
  ExecResizePayload,
  ExecSubscriptionInput,
} from './exec-session.type.js';

@Resolver()
export class ExecSessionResolver {
  constructor(private readonly sessions: ExecSessionService) {}

  @Subscription(() => ExecEvent, {
    description: 'Opens a session, or reattaches to one. Who unsubscribes can come back within 60 seconds.',
    subscribe: ({ args, context }) => {
      const { streams, caller } = context as DeploymentsContext;
      // type-graphql's types want the iterable at once; graphql-js awaits it.
      return streams.execSessions.watch(caller, (args as { input: ExecSubscriptionInput }).input) as never;
    },
  })
  @Permission('exec.open')
  exec(
    @Root() event: ExecEventValue,
    @Arg('input', { description: 'What to open or to come back to.' }) _input: ExecSubscriptionInput,
  ): ExecEventValue {
    return event;
  }

  @Mutation(() => ExecInputPayload, { description: 'Sends input to your own session.' })
  @Permission('exec.open')
  async execInput(
    @Arg('input', { description: 'What to send.' }) input: ExecInputInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ExecInputPayload> {
    await this.sessions.input(caller, input);
    return { sessionId: input.sessionId };
  }

  @Mutation(() => ExecResizePayload, { description: 'Tells your own session the size of its terminal.' })
  @Permission('exec.open')
  async execResize(
    @Arg('input', { description: 'How large.' }) input: ExecResizeInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ExecResizePayload> {
    await this.sessions.resize(caller, input);
    return { sessionId: input.sessionId };
  }

  @Mutation(() => ExecClosePayload, { description: 'Ends your own session and its process.' })
  @Permission('exec.open')
  async execClose(
    @Arg('input', { description: 'Which.' }) input: ExecCloseInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ExecClosePayload> {
    await this.sessions.close(caller, input.sessionId);
    return { sessionId: input.sessionId };
  }
}
