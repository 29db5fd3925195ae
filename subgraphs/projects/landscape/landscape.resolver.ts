import { Ctx, Query, Resolver } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import { loadByIds } from '../load-by-ids.js';
import type { LandscapeService } from './landscape.service.js';
import { Landscape } from './landscape.type.js';

const landscapes = Symbol('landscapes');

@Resolver(() => Landscape)
export class LandscapeResolver implements ReferenceResolver {
  constructor(private readonly landscapes: LandscapeService) {}

  @Query(() => [Landscape], { name: 'landscapes', description: 'All landscapes, in order.' })
  @Permission('signed-in')
  listLandscapes(@Ctx() { caller }: RequestContext): Promise<Landscape[]> {
    return this.landscapes.list(caller);
  }

  resolveReference({ id }: { id: string }, context: RequestContext): Promise<Landscape | undefined> {
    return loadByIds(context, landscapes, (ids) => this.landscapes.mapByIds(context.caller, ids), id);
  }
}
