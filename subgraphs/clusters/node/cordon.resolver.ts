import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { CordonService } from './cordon.service.js';
import { CordonNodeInput, CordonNodePayload, UncordonNodeInput, UncordonNodePayload } from './cordon.type.js';

@Resolver()
export class CordonResolver {
  constructor(private readonly cordons: CordonService) {}

  @Mutation(() => CordonNodePayload, {
    description: 'Keeps new pods away from a node; those on it stay. Of a cordoned node nothing changes.',
  })
  @Permission('clusters.nodes.cordon')
  async cordonNode(
    @Arg('input', () => CordonNodeInput, { description: 'The node.' }) input: CordonNodeInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CordonNodePayload> {
    return { node: await this.cordons.cordon(caller, input) };
  }

  @Mutation(() => UncordonNodePayload, {
    description: 'Lets new pods on a node again. Of a node that is not cordoned nothing changes.',
  })
  @Permission('clusters.nodes.cordon')
  async uncordonNode(
    @Arg('input', () => UncordonNodeInput, { description: 'The node.' }) input: UncordonNodeInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UncordonNodePayload> {
    return { node: await this.cordons.uncordon(caller, input) };
  }
}
