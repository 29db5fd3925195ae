import { ArgsType, Field, InputType, registerEnumType } from 'type-graphql';
import { type OrderDirection, OrderDirectionEnum } from '../../shared/order-direction.js';
import { PageArguments } from '../../shared/pagination.js';
import type { NodeOrderField } from './node-query.js';

const NodeOrderFieldEnum = {
  NAME: 'NAME',
  CREATED_AT: 'CREATED_AT',
  CPU: 'CPU',
  MEMORY: 'MEMORY',
  READY: 'READY',
} as const satisfies { [K in NodeOrderField]: K };

registerEnumType(NodeOrderFieldEnum, {
  name: 'ClusterNodeOrderField',
  description: 'What a list of nodes is ordered by; by name where two are equal.',
  valuesConfig: {
    NAME: { description: 'By name.' },
    CREATED_AT: { description: 'By the time they joined the cluster.' },
    CPU: { description: 'By the processor cores that they have for pods.' },
    MEMORY: { description: 'By the memory that they have for pods.' },
    READY: { description: 'Those that are not ready first.' },
  },
});

@InputType({ description: 'How to order nodes.' })
export class ClusterNodeOrder {
  @Field(() => NodeOrderFieldEnum, { description: 'By what.' })
  field: NodeOrderField;

  @Field(() => OrderDirectionEnum, { nullable: true, description: 'Default ASC.' })
  direction?: OrderDirection | null;
}

@InputType({ description: 'Which nodes: those to which everything given applies.' })
export class ClusterNodeFilter {
  @Field(() => Boolean, { nullable: true, description: 'Those that can run pods, or those that can not.' })
  ready?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Those that are cordoned, or those that are not.' })
  unschedulable?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Those that are short of memory, disk or process ids, or those that are not.',
  })
  underPressure?: boolean | null;

  @Field(() => [String], { nullable: true, description: 'Any of these roles.' })
  role?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'All of these labels: a name for whatever value, or name=value, such as topology.kubernetes.io/zone=a. At most 16.',
  })
  label?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Text in the name, an address or the name of the operating system, in upper or lower case.',
  })
  search?: string | null;
}

@ArgsType()
export class ClusterNodeListArguments extends PageArguments {
  @Field(() => ClusterNodeFilter, { nullable: true, description: 'Which nodes. Default: all.' })
  filter?: ClusterNodeFilter | null;

  @Field(() => ClusterNodeOrder, { nullable: true, description: 'Default: by name.' })
  orderBy?: ClusterNodeOrder | null;
}
