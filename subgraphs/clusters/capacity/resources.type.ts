import { Field, Float, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';

@ObjectType({ description: 'Amounts of what workloads need.' })
@Permission('clusters.read')
export class Resources {
  @Field(() => Float, { description: 'Processor cores.' })
  cpuCores: number;

  @Field(() => Float, { description: 'Memory in bytes.' })
  memoryBytes: number;

  @Field(() => Int, { nullable: true, description: 'Pods; null where they are not counted.' })
  pods: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Storage on the nodes for containers, in bytes; null where it is not counted.',
  })
  storageBytes: number | null;
}
