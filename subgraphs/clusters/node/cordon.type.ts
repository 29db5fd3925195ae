import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { ClusterNode } from './node.type.js';

@InputType()
abstract class NodeInput {
  @Field(() => ID, { description: 'The cluster.' })
  clusterId: string;

  @Field({ description: 'The node, by name.' })
  nodeName: string;

  @Field(() => String, { nullable: true, description: 'Why, for the audit log.' })
  reason?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'The cluster checks it, and nothing is changed. Default false.',
  })
  dryRun?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Repeating the mutation with the same key and input does it once.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A node that gets no new pods from now on.' })
export class CordonNodeInput extends NodeInput {}

@InputType({ description: 'A node that may get new pods again.' })
export class UncordonNodeInput extends NodeInput {}

@ObjectType({ description: 'Result of cordonNode.' })
@Permission('clusters.nodes.cordon')
export class CordonNodePayload extends MutationPayload {
  @Field(() => ClusterNode, {
    nullable: true,
    description: 'The node, after a dry run as it would be; null when refused.',
  })
  node?: ClusterNode | null;
}

@ObjectType({ description: 'Result of uncordonNode.' })
@Permission('clusters.nodes.cordon')
export class UncordonNodePayload extends MutationPayload {
  @Field(() => ClusterNode, {
    nullable: true,
    description: 'The node, after a dry run as it would be; null when refused.',
  })
  node?: ClusterNode | null;
}
