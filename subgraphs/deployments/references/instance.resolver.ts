import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import { Binding } from '../binding/binding.type.js';
import type { FieldLoaders } from '../loaders.js';
import type { InstancePodService } from '../pod/instance-pod.service.js';
import { Pod } from '../pod/pod.type.js';
import { Instance } from './project.reference.js';

@Resolver(() => Instance)
export class InstanceResolver implements ReferenceResolver {
  constructor(
    private readonly loaders: FieldLoaders,
    private readonly instancePods: InstancePodService,
  ) {}

  @FieldResolver(() => [Binding], {
    description: 'Services that it is bound to, of those the caller may see.',
  })
  @Permission('services.read')
  bindings(@Root() { id }: Instance, @Ctx() context: RequestContext): Promise<Binding[]> {
    return this.loaders.bindingsOfInstance(context, id);
  }

  @FieldResolver(() => [Pod], { description: 'Its pods, by name.' })
  @Permission('instances.read')
  pods(@Root() { id }: Instance, @Ctx() { caller }: RequestContext): Promise<Pod[]> {
    return this.instancePods.list(caller, id);
  }

  /** Whether it may be seen, its own subgraph says; what is added here is permitted for itself. */
  resolveReference({ id }: { id: string }): Instance {
    return { id };
  }
}
