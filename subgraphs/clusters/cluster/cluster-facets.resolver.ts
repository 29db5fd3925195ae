import { FieldResolver, Resolver, Root } from 'type-graphql';
import { ClusterConnection } from './cluster.type.js';
import type { ClusterPage } from './cluster-list.service.js';
import { ClusterFacets } from './cluster-list.type.js';

/** What a page of clusters has besides what every page has. */
@Resolver(() => ClusterConnection)
export class ClusterFacetsResolver {
  @FieldResolver(() => ClusterFacets, {
    description: 'How many clusters each value of a filter would leave. Counted only when asked for.',
  })
  facets(@Root() page: ClusterPage): ClusterFacets {
    return page.facets;
  }
}
