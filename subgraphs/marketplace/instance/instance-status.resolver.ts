import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { MarketplaceContext } from '../marketplace-context.js';
import type { InstanceEventValue } from './instance.service.js';
import { InstanceEvent } from './instance-event.type.js';

interface WatchArguments {
  readonly instanceId: string;
  readonly after?: string | null;
}

@Resolver()
export class InstanceStatusResolver {
  @Subscription(() => InstanceEvent, {
    description:
      'An instance: a snapshot, then an event for each change of what it shows, until it is deleted.',
    subscribe: (async ({ args, context }: { args: WatchArguments; context: MarketplaceContext }) =>
      context.instances.watch(context.caller, args.instanceId, args.after)) as never,
  })
  @Permission('instances.read')
  instanceStatus(
    @Arg('instanceId', () => ID, { description: 'Which.' }) _instanceId: string,
    @Root() event: InstanceEventValue,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Cursor of the last event seen: nothing is sent until something has changed since.',
    })
    _after?: string | null,
  ): typeof InstanceEvent {
    return event as typeof InstanceEvent;
  }
}
