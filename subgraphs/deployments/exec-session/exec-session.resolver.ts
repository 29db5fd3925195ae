import { Arg, Ctx, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { DeploymentsContext } from '../deployments-context.js';
import type { ExecEventValue } from './exec-reader.js';
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
    description:
      'Opens a session, or reattaches to one. Who unsubscribes can come back within MERIDIAN_EXEC_GRACE (60 seconds); then its process ends. It also ends without input and output for MERIDIAN_EXEC_IDLE (30 minutes), after MERIDIAN_EXEC_LONGEST (8 hours), and with the right to it.',
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
    return this.sessions.input(caller, input);
  }

  @Mutation(() => ExecResizePayload, { description: 'Tells your own session the size of its terminal.' })
  @Permission('exec.open')
  async execResize(
    @Arg('input', { description: 'How large.' }) input: ExecResizeInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ExecResizePayload> {
    return this.sessions.resize(caller, input);
  }

  @Mutation(() => ExecClosePayload, {
    description: 'Ends your own session, and its process as far as the cluster allows.',
  })
  @Permission('exec.open')
  async execClose(
    @Arg('input', { description: 'Which.' }) input: ExecCloseInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ExecClosePayload> {
    return this.sessions.close(caller, input.sessionId);
  }
}
