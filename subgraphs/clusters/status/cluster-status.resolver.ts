import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { ClustersContext } from '../clusters-context.js';
import { ClusterStatusEvent } from './cluster-status.type.js';
import type { ClusterStatusNews } from './cluster-status-stream.js';

interface WatchArguments {
  ids?: string[] | null;
  after?: string | null;
}

@Resolver()
export class ClusterStatusResolver {
  @Subscription(() => ClusterStatusEvent, {
    description: 'How clusters are: a snapshot, then what changes.',
    subscribe: ({ args, context }) => {
      const { ids, after } = args as WatchArguments;
      const { clusterStatus, caller } = context as ClustersContext;
      // type-graphql's types want the iterable at once; graphql-js awaits it.
      return clusterStatus.watch(caller, ids ?? null, after ?? null) as never;
    },
  })
  @Permission('clusters.read')
  clusterStatus(
    @Root() news: ClusterStatusNews,
    @Arg('ids', () => [ID], {
      nullable: true,
      description: 'Which clusters. Default: all that the caller may see.',
    })
    _ids: string[] | null,
    @Arg('after', () => String, {
      nullable: true,
      description:
        'Cursor of the last event received: only what happened since is sent, or StreamReset and a snapshot.',
    })
    _after: string | null,
  ): ClusterStatusNews {
    return news;
  }
}
