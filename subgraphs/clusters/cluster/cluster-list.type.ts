import { ArgsType, Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { FacetCount } from '../../shared/facet.type.js';
import { Permission } from '../../shared/federated-schema.js';
import { type OrderDirection, OrderDirectionEnum } from '../../shared/order-direction.js';
import { PageArguments } from '../../shared/pagination.js';
import { JsonScalar } from '../../shared/scalars.js';
import type { ClusterStatus } from '../status/cluster-state.js';
import { ClusterStatusEnum, InfrastructureEnum } from './cluster.type.js';
import type { ClusterOrderField } from './cluster-query.js';
import type { Infrastructure } from './infrastructure.js';

export const ClusterOrderFieldEnum = {
  NAME: 'NAME',
  DISPLAY_NAME: 'DISPLAY_NAME',
  CREATED_AT: 'CREATED_AT',
  LOCATION: 'LOCATION',
  INFRASTRUCTURE: 'INFRASTRUCTURE',
  STATUS: 'STATUS',
} as const satisfies { [K in ClusterOrderField]: K };

registerEnumType(ClusterOrderFieldEnum, {
  name: 'ClusterOrderField',
  description: 'What a list of clusters is ordered by.',
  valuesConfig: {
    NAME: { description: 'By name.' },
    DISPLAY_NAME: { description: 'By display name.' },
    CREATED_AT: { description: 'By the time of registration.' },
    LOCATION: { description: 'By data centre or region; those without one first.' },
    INFRASTRUCTURE: { description: 'By what they run on.' },
    STATUS: {
      description:
        'By status as last seen, the worst first: UNREACHABLE, CREDENTIALS_REJECTED, DEGRADED, UNKNOWN, READY. A cluster whose status changes while somebody pages may be on no page or on two.',
    },
  },
});

@InputType({ description: 'How to order clusters.' })
export class ClusterOrder {
  @Field(() => ClusterOrderFieldEnum, { description: 'By what.' })
  field: ClusterOrderField;

  @Field(() => OrderDirectionEnum, { nullable: true, description: 'Default ASC.' })
  direction?: OrderDirection | null;
}

@InputType({ description: 'Which clusters: those to which everything given applies.' })
export class ClusterFilter {
  @Field(() => String, { nullable: true, description: 'Exactly this name.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Text in the name, display name or location, in upper or lower case.',
  })
  search?: string | null;

  @Field(() => [InfrastructureEnum], { nullable: true, description: 'Any of these.' })
  infrastructure?: Infrastructure[] | null;

  @Field(() => [String], { nullable: true, description: 'Any of these data centres or regions.' })
  location?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Any of these landscapes, by name: clusters with an environment there that the caller may see.',
  })
  landscape?: string[] | null;

  @Field(() => [ClusterStatusEnum], { nullable: true, description: 'Any of these, as last seen.' })
  status?: ClusterStatus[] | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'Labels it has, all of them, as an object by name: text for that value, a list of texts for any of them, null for whatever value, such as {"tier": "gold", "zone": ["a", "b"], "gpu": null}. At most 16.',
  })
  labels?: unknown;
}

@ArgsType()
export class ClusterListArguments extends PageArguments {
  @Field(() => ClusterFilter, { nullable: true, description: 'Which clusters. Default: all.' })
  filter?: ClusterFilter | null;

  @Field(() => ClusterOrder, { nullable: true, description: 'Default: by name.' })
  orderBy?: ClusterOrder | null;
}

@ObjectType({ description: 'How often the values of a label occur.' })
@Permission('clusters.read')
export class ClusterLabelFacet {
  @Field({ description: 'Name of the label.' })
  name: string;

  @Field(() => [FacetCount], { description: 'Its values, the most frequent first.' })
  values: FacetCount[];
}

@ObjectType({
  description:
    'How many clusters each value of a filter would leave: of those the caller may see, with all filters of the list but the one on the same field (or label). Values that none has are left out. Counted only when asked for.',
})
@Permission('clusters.read')
export class ClusterFacets {
  @Field(() => [FacetCount], { description: 'By what they run on, the most frequent first.' })
  infrastructure: Promise<FacetCount[]>;

  @Field(() => [FacetCount], { description: 'By data centre or region, the most frequent first.' })
  location: Promise<FacetCount[]>;

  @Field(() => [FacetCount], {
    description:
      'By landscape of the environments on them that the caller may see; a cluster counts in each of its landscapes.',
  })
  landscape: Promise<FacetCount[]>;

  @Field(() => [FacetCount], { description: 'By status as last seen, the worst first.' })
  status: Promise<FacetCount[]>;

  @Field(() => [ClusterLabelFacet], { description: 'By label, sorted by name: at most 1,000 values in all.' })
  labels: Promise<ClusterLabelFacet[]>;
}
