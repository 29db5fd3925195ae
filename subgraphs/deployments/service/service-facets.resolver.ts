import { FieldResolver, Resolver, Root } from 'type-graphql';
import { ServiceConnection } from './service.type.js';
import { ServiceFacets } from './service-facets.type.js';
import type { ServicePage } from './service-list.service.js';

/** What a page of Query.services has besides what every page has. */
@Resolver(() => ServiceConnection)
export class ServiceFacetsResolver {
  @FieldResolver(() => ServiceFacets, {
    nullable: true,
    description:
      'How many services each value of a filter would leave. Counted only when asked for. Null for services below another object.',
  })
  facets(@Root() page: Partial<ServicePage>): ServiceFacets | null {
    return page.facets ?? null;
  }
}
