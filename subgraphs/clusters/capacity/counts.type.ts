import { Field, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';

@ObjectType({ description: 'How many pods there are, by phase, also those that Meridian does not manage.' })
@Permission('clusters.read')
export class PodCounts {
  @Field(() => Int, { description: 'All.' })
  total: number;

  @Field(() => Int, { description: 'Not all of their containers have started.' })
  pending: number;

  @Field(() => Int, { description: 'Bound to a node, with all containers created; not necessarily ready.' })
  running: number;

  @Field(() => Int, { description: 'Succeeded or failed: they hold no resources any more.' })
  finished: number;

  @Field(() => Int, { description: 'Their node does not tell.' })
  unknown: number;
}

@ObjectType({ description: 'How many nodes there are.' })
@Permission('clusters.read')
export class NodeCounts {
  @Field(() => Int, { description: 'All.' })
  total: number;

  @Field(() => Int, { description: 'Can run pods, as their kubelets say.' })
  ready: number;

  @Field(() => Int, { description: 'Cordoned.' })
  unschedulable: number;

  @Field(() => Int, { description: 'Short of memory, disk or process ids.' })
  underPressure: number;
}
