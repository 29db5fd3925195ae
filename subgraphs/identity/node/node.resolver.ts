import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { NodeService } from './node.service.js';
import { Node, type NodeValue } from './node.type.js';

@Resolver()
export class NodeResolver {
  constructor(private readonly nodes: NodeService) {}

  @Query(() => Node, {
    nullable: true,
    description: 'Any object by its global id (Relay). Null when absent or not permitted.',
  })
  @Permission('signed-in')
  node(
    @Arg('id', () => ID, { description: 'As in the field id of every object.' }) id: string,
    @Ctx() { caller }: RequestContext,
  ): Promise<NodeValue | undefined> {
    return this.nodes.find(caller, id);
  }
}
