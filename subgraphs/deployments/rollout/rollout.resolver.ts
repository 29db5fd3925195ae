import type { GraphQLResolveInfo } from 'graphql';
import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { selectionOf } from '../../shared/selection.js';
import { DeploymentLogEvent } from '../deployment/deployment.type.js';
import type { DeploymentLogEventValue } from '../deployment/deployment-log.service.js';
import type { DeploymentsContext } from '../deployments-context.js';
import type { RolloutEventValue } from './rollout.service.js';
import { RolloutEvent } from './rollout-event.type.js';

interface WatchArguments {
  readonly deploymentId: string;
  readonly after?: string | null;
  readonly logTail?: number | null;
}

@Resolver()
export class RolloutResolver {
  @Subscription(() => RolloutEvent, {
    description:
      'One deployment until it ends: first how it stands, then every change of what is selected. Completes after RolloutCompleted, at once when it has ended already.',
    subscribe: ({ args, context, info }) => {
      const { streams, caller } = context as DeploymentsContext;
      const selection = selectionOf(info as GraphQLResolveInfo);
      // type-graphql's types want the iterable at once; graphql-js awaits it.
      return streams.rollouts.watch(caller, { ...(args as WatchArguments), selection }) as never;
    },
  })
  @Permission('deployments.read')
  rolloutProgress(
    @Root() event: RolloutEventValue,
    @Arg('deploymentId', () => ID, { description: 'Which deployment.' }) _deploymentId: string,
    @Arg('after', () => String, {
      nullable: true,
      description:
        'Cursor of the last event received: the next comes when something is different from then. Without it, the first event says how everything stands.',
    })
    _after: string | null,
    @Arg('logTail', () => Int, {
      nullable: true,
      description:
        'Send also what the pods of the deployment write (RolloutLogLines, LogGap), beginning with the last so many lines of each container, 0 to 1000. Needs the right to read logs. Default: no lines.',
    })
    _logTail: number | null,
  ): RolloutEventValue {
    return event;
  }

  @Subscription(() => DeploymentLogEvent, {
    description: 'What is written about a deployment, from its beginning or after a cursor, until it ends.',
    subscribe: ({ args, context }) => {
      const { streams, caller } = context as DeploymentsContext;
      const { deploymentId, after } = args as WatchArguments;
      return streams.deploymentLogs.watch(caller, deploymentId, after) as never;
    },
  })
  @Permission('deployments.read')
  deploymentLog(
    @Root() event: DeploymentLogEventValue,
    @Arg('deploymentId', () => ID, { description: 'Which deployment.' }) _deploymentId: string,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Cursor of the last event received: goes on after it.',
    })
    _after: string | null,
  ): DeploymentLogEventValue {
    return event;
  }
}
