import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DeploymentLogEvent, RolloutEvent } from '../deployment/deployment.type.js';
import type { DeploymentLogEventValue } from '../deployment/deployment-log.service.js';
import type { DeploymentsContext } from '../deployments-context.js';
import type { RolloutEventValue } from './rollout.service.js';

interface WatchArguments {
  readonly deploymentId: string;
  readonly after?: string | null;
}

@Resolver()
export class RolloutResolver {
  @Subscription(() => RolloutEvent, {
    description:
      'One deployment until it ends: first how it stands, then every change. Completes after RolloutCompleted, at once when it has ended already.',
    subscribe: ({ args, context }) => {
      const { streams, caller } = context as DeploymentsContext;
      // type-graphql's types want the iterable at once; graphql-js awaits it.
      return streams.rollouts.watch(caller, (args as WatchArguments).deploymentId) as never;
    },
  })
  @Permission('deployments.read')
  rolloutProgress(
    @Root() event: RolloutEventValue,
    @Arg('deploymentId', () => ID, { description: 'Which deployment.' }) _deploymentId: string,
    @Arg('after', () => String, {
      nullable: true,
      description:
        'Cursor of the last event received. The first event holds everything, so nothing is lost without it.',
    })
    _after: string | null,
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
