import {
  ArgsType,
  createUnionType,
  Field,
  ID,
  InputType,
  Int,
  ObjectType,
  registerEnumType,
} from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { connectionOf, PageArguments } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { described, namesOf } from '../cluster/described-enum.js';
import {
  type DrainedPodState,
  drainedPodStates,
  type NodeDrainState,
  nodeDrainStates,
} from './drain-state.js';

const NodeDrainStateEnum = namesOf(nodeDrainStates);
const DrainedPodStateEnum = namesOf(drainedPodStates);

registerEnumType(NodeDrainStateEnum, {
  name: 'NodeDrainState',
  description: 'Where a drain stands.',
  valuesConfig: described(nodeDrainStates),
});
registerEnumType(DrainedPodStateEnum, {
  name: 'DrainedPodState',
  description: 'What became of a pod of a drain.',
  valuesConfig: described(drainedPodStates),
});

@ObjectType({ description: 'A pod that has to leave a node.' })
@Permission('clusters.read')
export class DrainedPod {
  @Field({ description: 'Its namespace.' })
  namespace: string;

  @Field({ description: 'Its name.' })
  name: string;

  @Field(() => DrainedPodStateEnum, { description: 'What became of it.' })
  state: DrainedPodState;

  @Field(() => String, {
    nullable: true,
    description: 'Why it is not gone, for a person; null when none is known.',
  })
  reason: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the PodDisruptionBudget, in its namespace, that blocks it; null when none does.',
  })
  disruptionBudget: string | null;
}

@ObjectType({
  description:
    'One attempt to empty a node: it is cordoned, and its pods are evicted as their budgets allow.',
})
@Permission('clusters.read')
export class NodeDrain {
  @Field(() => ID, { description: 'Global id.' })
  id: string;

  clusterId: string;
  userId: string;
  pods: readonly DrainedPod[];

  @Field({ description: 'The node, by name. It may have left the cluster since.' })
  nodeName: string;

  @Field(() => NodeDrainStateEnum, { description: 'Where it stands.' })
  state: NodeDrainState;

  @Field(() => String, {
    nullable: true,
    description: 'How it ended, for a person; null while it is RUNNING.',
  })
  outcome: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why nothing goes on at the moment, such as a cluster that does not answer; null otherwise. It is tried again until the deadline.',
  })
  problem: string | null;

  @Field(() => String, { nullable: true, description: 'Why it was started, as said by who did.' })
  reason: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was started.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { name: 'deadline', description: 'When it ends as TIMED_OUT.' })
  deadlineAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it is RUNNING.' })
  finishedAt: Date | null;
}

export const NodeDrainConnection = connectionOf(NodeDrain, 'NodeDrain', 'clusters.read');

const cursor = 'Give it as "after" to go on from here.';

@ObjectType({ description: 'A drain as it is now: pods were evicted, blocked or have gone.' })
@Permission('clusters.read')
export class DrainProgressed {
  @Field({ description: cursor })
  cursor: string;

  @Field(() => NodeDrain, { description: 'As it is now.' })
  drain: NodeDrain;
}

@ObjectType({ description: 'A drain has ended: nothing follows.' })
@Permission('clusters.read')
export class DrainCompleted {
  @Field({ description: cursor })
  cursor: string;

  @Field(() => NodeDrain, { description: 'With its result, and the pods that remain.' })
  drain: NodeDrain;
}

export const NodeDrainEvent = createUnionType({
  name: 'NodeDrainEvent',
  description: 'What happened in a drain.',
  types: () => [DrainProgressed, DrainCompleted] as const,
  resolveType: (event) => (event as unknown as { type: string }).type,
});

@InputType({ description: 'Which drains: those to which everything given applies.' })
export class NodeDrainFilter {
  @Field(() => String, { nullable: true, description: 'Of this node, by name.' })
  nodeName?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Those under way, or those that have ended.' })
  running?: boolean | null;
}

@ArgsType()
export class NodeDrainListArguments extends PageArguments {
  @Field(() => NodeDrainFilter, { nullable: true, description: 'Which drains. Default: all.' })
  filter?: NodeDrainFilter | null;
}

@ObjectType({ description: 'How many pods of a drain there are.' })
@Permission('clusters.read')
export class DrainCounts {
  @Field(() => Int, { description: 'That had to go when it began.' })
  total: number;

  @Field(() => Int, { description: 'That are gone.' })
  done: number;

  @Field(() => Int, { description: 'That a PodDisruptionBudget holds back now.' })
  blocked: number;
}
