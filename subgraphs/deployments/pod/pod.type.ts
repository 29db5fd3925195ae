import { createUnionType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { StreamReset } from '../../shared/stream-reset.js';
import { Observation } from '../references/cluster.reference.js';
import { Container } from './container.type.js';
import type { PodGeneration, PodStatus } from './pod.mapper.js';

export const PodStatusEnum = {
  PENDING: 'PENDING',
  PULLING: 'PULLING',
  STARTING: 'STARTING',
  RUNNING: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CRASH_LOOP: 'CRASH_LOOP',
  IMAGE_ERROR: 'IMAGE_ERROR',
  TERMINATING: 'TERMINATING',
  UNKNOWN: 'UNKNOWN',
} as const;
registerEnumType(PodStatusEnum, {
  name: 'PodStatus',
  description: 'What a pod is doing.',
  valuesConfig: {
    PENDING: { description: 'Waits for a node, or for something that its containers need.' },
    PULLING: { description: 'Has a node; its image is pulled and its containers are made.' },
    STARTING: { description: 'Its containers run and are not ready yet.' },
    RUNNING: { description: 'Runs and is ready.' },
    SUCCEEDED: { description: 'Has ended well.' },
    FAILED: { description: 'Has ended badly.' },
    CRASH_LOOP: { description: 'A container keeps ending or cannot be started.' },
    IMAGE_ERROR: { description: 'An image cannot be pulled.' },
    TERMINATING: { description: 'Is being stopped.' },
    UNKNOWN: { description: 'Its node does not answer.' },
  },
});

export const PodGenerationEnum = { OLD: 'OLD', NEW: 'NEW' } as const;
registerEnumType(PodGenerationEnum, {
  name: 'PodGeneration',
  description: 'Whether a pod was made from the current template.',
  valuesConfig: {
    OLD: { description: 'From an earlier template.' },
    NEW: { description: 'From the current template.' },
  },
});

@ObjectType({ description: 'Whether something holds for a pod, as the cluster says.' })
@Permission('services.read')
export class PodCondition {
  @Field({ description: 'What, such as PodScheduled, Initialized, ContainersReady or Ready.' })
  type: string;

  @Field({ description: 'True, False or Unknown.' })
  status: string;

  @Field(() => String, { nullable: true, description: 'Why, in one word.' })
  reason: string | null;

  @Field(() => String, { nullable: true, description: 'Why, for a person.' })
  message: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when it has this status.' })
  since: string | null;
}

@ObjectType({ description: 'A pod: one running copy.' })
@Permission('services.read')
export class Pod {
  @Field({ description: 'Unique in its namespace.' })
  name: string;

  @Field(() => ID, { description: 'Unique for ever.' })
  uid: string;

  @Field(() => PodStatusEnum, { description: 'What it is doing.' })
  status: PodStatus;

  @Field(() => String, { nullable: true, description: 'More about the status, for a person.' })
  statusReason: string | null;

  @Field({ description: 'Can it take requests?' })
  ready: boolean;

  @Field(() => PodGenerationEnum, { description: 'Whether it was made from the current template.' })
  generation: PodGeneration;

  @Field(() => String, { nullable: true, description: 'Its address in the cluster.' })
  ip: string | null;

  @Field(() => String, { nullable: true, description: 'The node that it runs on.' })
  nodeName: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: string;

  @Field(() => Int, { description: 'Restarts of all its containers.' })
  restarts: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Guaranteed, Burstable or BestEffort: which pods a node without memory ends first, the last first.',
  })
  qosClass: string | null;

  @Field(() => [PodCondition], { description: 'What holds for it, in the order of the cluster.' })
  conditions: PodCondition[];

  @Field(() => [Container], {
    description:
      'Its containers: those that serve first, then sidecars, those that only prepare it, and those added to debug it.',
  })
  containers: Container[];
}

export const PodConnection = connectionOf(Pod, 'Pod', 'services.read');

const cursorDescription = 'Give it as "after" to go on from here.';

@ObjectType({ description: 'All pods as they are.' })
@Permission('services.read')
export class PodsSnapshot {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => [Pod], { description: 'By name.' })
  pods: Pod[];

  @Field(() => Observation, { description: 'How fresh this is.' })
  observed: Observation;
}

@ObjectType({ description: 'A pod came.' })
@Permission('services.read')
export class PodAdded {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => Pod, { description: 'The pod.' })
  pod: Pod;
}

@ObjectType({ description: 'Something about a pod that can be seen here changed.' })
@Permission('services.read')
export class PodChanged {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => Pod, { description: 'The pod as it is now.' })
  pod: Pod;
}

@ObjectType({ description: 'A pod is gone.' })
@Permission('services.read')
export class PodRemoved {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field({ description: 'Its name.' })
  name: string;

  @Field(() => ID, { description: 'Its uid.' })
  uid: string;
}

const classes = {
  SNAPSHOT: PodsSnapshot,
  ADDED: PodAdded,
  CHANGED: PodChanged,
  REMOVED: PodRemoved,
  RESET: StreamReset,
} as const;

export const PodEvent = createUnionType({
  name: 'PodEvent',
  description: 'What happened to the pods of a service.',
  types: () => [PodsSnapshot, PodAdded, PodChanged, PodRemoved, StreamReset] as const,
  resolveType: (event) => classes[(event as unknown as { type: keyof typeof classes }).type],
});

@InputType({ description: 'A pod to delete; another takes its place.' })
export class DeletePodInput {
  @Field(() => ID, { description: 'The service that the pod belongs to.' })
  serviceId: string;

  @Field({ description: 'Name of the pod.' })
  pod: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'Seconds to stop, 0 to 3600. 0 takes it away at once, without waiting for its node: its containers may go on for a while. Default: those of the service.',
  })
  gracePeriodSeconds?: number | null;

  @Field(() => String, { nullable: true, description: 'For the audit log.' })
  reason?: string | null;
}

@ObjectType({ description: 'The pod that is being deleted.' })
@Permission('signed-in')
export class DeletePodPayload extends MutationPayload {
  @Field(() => Pod, { nullable: true, description: 'As it was; null when refused.' })
  pod?: Pod | null;
}
