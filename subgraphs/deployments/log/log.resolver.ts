import { Arg, Ctx, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { DeploymentsContext } from '../deployments-context.js';
import { CreateLogDownloadInput, LogsInput, ServiceLogsInput } from './log.input.js';
import type { LogService } from './log.service.js';
import { CreateLogDownloadPayload, LogEvent, LogPage } from './log.type.js';
import type { LogEventValue } from './log-events.js';

@Resolver()
export class LogResolver {
  constructor(private readonly service: LogService) {}

  @Subscription(() => LogEvent, {
    description: "The merged log of a service's pods, across rollouts and restarts.",
    subscribe: ({ args, context }) => {
      const { streams, caller } = context as DeploymentsContext;
      // type-graphql's types want the iterable at once; graphql-js awaits it.
      return streams.logs.watch(caller, (args as { input: ServiceLogsInput }).input) as never;
    },
  })
  @Permission('logs.read')
  serviceLogs(
    @Root() event: LogEventValue,
    @Arg('input', { description: 'Which lines.' }) _input: ServiceLogsInput,
  ): LogEventValue {
    return event;
  }

  @Query(() => LogPage, { description: "Lines of the merged log of a service's pods, oldest first." })
  @Permission('logs.read')
  async logs(
    @Arg('input', { description: 'Which lines.' }) input: LogsInput,
    @Ctx() { caller, signal }: RequestContext,
  ): Promise<LogPage> {
    return this.service.page(caller, input, signal);
  }

  @Mutation(() => CreateLogDownloadPayload, {
    description: 'Makes a link under which the log of a service can be fetched as plain text.',
  })
  @Permission('logs.read')
  async createLogDownload(
    @Arg('input', { description: 'Which lines.' }) input: CreateLogDownloadInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<Partial<CreateLogDownloadPayload>> {
    return this.service.createDownload(caller, input);
  }
}
