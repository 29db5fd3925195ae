import { ArgsType, Field, InputType, registerEnumType } from 'type-graphql';
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
} as const satisfies { [K in ClusterOrderField]: K };

registerEnumType(ClusterOrderFieldEnum, {
  name: 'ClusterOrderField',
  description: 'What a list of clusters is ordered by.',
  valuesConfig: {
    NAME: { description: 'By name.' },
    DISPLAY_NAME: { description: 'By display name.' },
    CREATED_AT: { description: 'By the time of registration.' },
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

  @Field(() => [ClusterStatusEnum], { nullable: true, description: 'Any of these, as last seen.' })
  status?: ClusterStatus[] | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Labels it has, as an object of text by name: all of them.',
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
