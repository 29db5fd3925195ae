import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { DeploymentsContext } from '../deployments-context.js';
import { LogEvent, ServiceLogsInput } from './log.type.js';
import type { LogEventValue } from './log-events.js';

@Resolver()
export class LogResolver {
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
}
