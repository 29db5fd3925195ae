import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { described, namesOf } from '../cluster/described-enum.js';
import { type SkipReason, skipReasons } from './drain-plan.js';
import { DrainedPod, NodeDrain } from './node-drain.type.js';

const SkipReasonEnum = namesOf(skipReasons);

registerEnumType(SkipReasonEnum, {
  name: 'DrainSkipReason',
  description: 'Why a pod stays on a node that is drained.',
  valuesConfig: described(skipReasons),
});

@InputType({ description: 'A node to empty.' })
export class DrainNodeInput {
  @Field(() => ID, { description: 'The cluster.' })
  clusterId: string;

  @Field({ description: 'The node, by name.' })
  nodeName: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Also pods that no controller makes anew. Default false: they are named and nothing is done.',
  })
  force?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Also pods with emptyDir volumes, whose data is lost. Default false: they are named and nothing is done.',
  })
  deleteEmptyDirData?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "Seconds that pods get to end, from 0 to 86400. Default: each pod's own terminationGracePeriodSeconds.",
  })
  gracePeriodSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds after which it is given up, from 1 to 86400. Default 3600.',
  })
  timeoutSeconds?: number | null;

  @Field(() => String, { nullable: true, description: 'Why, for the audit log. At most 1,000 characters.' })
  reason?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Only say which pods would have to go. Default false.',
  })
  dryRun?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Repeating the mutation with the same key and input starts one drain.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A drain to give up.' })
export class CancelNodeDrainInput {
  @Field(() => ID, { description: 'The drain.' })
  drainId: string;

  @Field(() => String, { nullable: true, description: 'Why, for the audit log and the outcome.' })
  reason?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Repeating the mutation with the same key and input does it once.',
  })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'A pod that stays on a node that is drained.' })
@Permission('clusters.nodes.drain')
export class SkippedPod {
  @Field({ description: 'Its namespace.' })
  namespace: string;

  @Field({ description: 'Its name.' })
  name: string;

  @Field(() => SkipReasonEnum, { description: 'Why it stays.' })
  reason: SkipReason;
}

@ObjectType({ description: 'Which pods have to leave a node, and which stay.' })
@Permission('clusters.nodes.drain')
export class NodeDrainPlan {
  @Field(() => [DrainedPod], { description: 'Those that have to go.' })
  evict: readonly DrainedPod[];

  @Field(() => [SkippedPod], { description: 'Those that stay.' })
  skipped: readonly SkippedPod[];
}

@ObjectType({ description: 'Result of drainNode.' })
@Permission('clusters.nodes.drain')
export class DrainNodePayload extends MutationPayload {
  @Field(() => NodeDrain, {
    nullable: true,
    description:
      'The drain that began: follow it with the subscription nodeDrain. Null when refused, and after a dry run.',
  })
  drain?: NodeDrain | null;

  @Field(() => NodeDrainPlan, {
    nullable: true,
    description:
      'What has to go and what stays, also when pods speak against it; null when refused otherwise.',
  })
  plan?: NodeDrainPlan | null;
}

@ObjectType({ description: 'Result of cancelNodeDrain.' })
@Permission('clusters.nodes.drain')
export class CancelNodeDrainPayload extends MutationPayload {
  @Field(() => NodeDrain, { nullable: true, description: 'The drain as it ended; null when refused.' })
  drain?: NodeDrain | null;
}
