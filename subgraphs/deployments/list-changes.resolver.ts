import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../shared/federated-schema.js';
import { DeploymentFilter } from './deployment/deployment.input.js';
import type { DeploymentsContext } from './deployments-context.js';
import type { ListChangedValue } from './list-changes.service.js';
import { ListChanged, ServiceFilter } from './service/service.type.js';

/** Does the record agree with everything that the filter names and that the record has? */
export function concerns(filter: object, record: object): boolean {
  return Object.entries(filter).every(
    ([field, value]) =>
      value == null || !(field in record) || (record as Record<string, unknown>)[field] === value,
  );
}

@Resolver()
export class ListChangesResolver {
  @Subscription(() => ListChanged, {
    description: 'A hint that the list of services changed: query it again.',
    subscribe: ({ args, context }) => {
      const { streams, caller } = context as DeploymentsContext;
      const { filter } = args as { filter?: ServiceFilter | null };
      // type-graphql's types want the iterable at once; graphql-js awaits it.
      return streams.listChanges.watch(
        caller,
        'services.read',
        'service.changed',
        (ids) => streams.services.listByIds(caller, ids),
        (
          row, // A status is of what runs, which is not told of here: it is not compared.
        ) =>
          concerns({ ...filter, status: undefined }, row) &&
          row.name.includes(filter?.search ?? '') &&
          row.spec.image.includes(filter?.image ?? ''),
      ) as never;
    },
  })
  @Permission('services.read')
  servicesChanged(
    @Root() event: ListChangedValue,
    @Arg('filter', () => ServiceFilter, { nullable: true, description: 'Which services. Default: all.' })
    _filter: ServiceFilter | null,
  ): ListChangedValue {
    return event;
  }

  @Subscription(() => ListChanged, {
    description: 'A hint that the list of deployments changed: query it again.',
    subscribe: ({ args, context }) => {
      const { streams, caller } = context as DeploymentsContext;
      const { filter } = args as { filter?: DeploymentFilter | null };
      return streams.listChanges.watch(
        caller,
        'deployments.read',
        'deployment.changed',
        (ids) => streams.deployments.listByIds(caller, ids),
        // One that has just left a phase is a change of the list of that phase: phases are not compared.
        (row) => concerns(filter ?? {}, row) && (filter?.kinds?.includes(row.kind) ?? true),
      ) as never;
    },
  })
  @Permission('deployments.read')
  deploymentsChanged(
    @Root() event: ListChangedValue,
    @Arg('filter', () => DeploymentFilter, {
      nullable: true,
      description: 'Which deployments. Default: all.',
    })
    _filter: DeploymentFilter | null,
  ): ListChangedValue {
    return event;
  }
}
