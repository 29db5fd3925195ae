import { Field, ObjectType } from 'type-graphql';
import { FacetCount } from '../../shared/facet.type.js';
import { Permission } from '../../shared/federated-schema.js';

@ObjectType({
  description:
    'How many services each value of a filter would leave: of those the caller may see, with all filters of the list but the one on the same field. Values that none has are left out. Counted only when asked for.',
})
@Permission('services.read')
export class ServiceFacets {
  @Field(() => [FacetCount], { description: 'By status as last seen, the worst first.' })
  status: Promise<FacetCount[]>;

  @Field(() => [FacetCount], { description: 'By landscape (landscapeId), the most frequent first.' })
  landscape: Promise<FacetCount[]>;

  @Field(() => [FacetCount], { description: 'By environment (environmentId), the most frequent first.' })
  environment: Promise<FacetCount[]>;

  @Field(() => [FacetCount], { description: 'By application (applicationId), the most frequent first.' })
  application: Promise<FacetCount[]>;

  @Field(() => [FacetCount], { description: 'By cluster (clusterId), the most frequent first.' })
  cluster: Promise<FacetCount[]>;

  @Field(() => [FacetCount], { description: 'By project (projectId), the most frequent first.' })
  project: Promise<FacetCount[]>;
}
