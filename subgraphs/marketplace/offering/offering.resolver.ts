import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { OfferingService } from './offering.service.js';
import { Offering, OfferingFilter } from './offering.type.js';

@Resolver(() => Offering)
export class OfferingResolver {
  constructor(private readonly offerings: OfferingService) {}

  @Query(() => [Offering], { name: 'offerings', description: 'What the marketplace has, by display name.' })
  @Permission('signed-in')
  list(
    @Ctx() { caller }: RequestContext,
    @Arg('filter', () => OfferingFilter, { nullable: true, description: 'Which; all when left out.' })
    filter?: OfferingFilter | null,
  ): Promise<Offering[]> {
    return this.offerings.list(caller, filter ?? {});
  }

  @Query(() => Offering, {
    name: 'offering',
    nullable: true,
    description: 'One offering; null when there is none of this name.',
  })
  @Permission('signed-in')
  async find(
    @Ctx() { caller }: RequestContext,
    @Arg('name', { description: 'Such as redis.' }) name: string,
  ): Promise<Offering | null> {
    return (await this.offerings.find(caller, name)) ?? null;
  }
}
