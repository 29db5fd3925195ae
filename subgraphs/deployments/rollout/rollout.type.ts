import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { Pod } from '../pod/pod.type.js';
import { Observation } from '../references/cluster.reference.js';
import type { BlockerKind, RolloutPhase } from './rollout-phase.js';

export const RolloutPhaseEnum = {
  PENDING: 'PENDING',
  PROGRESSING: 'PROGRESSING',
  PAUSED: 'PAUSED',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  ABORTED: 'ABORTED',
  SUPERSEDED: 'SUPERSEDED',
} as const;
registerEnumType(RolloutPhaseEnum, {
  name: 'RolloutPhase',
  description:
    'Where a rollout is. It goes from PENDING to PROGRESSING and PAUSED, and ends with one of the others.',
  valuesConfig: {
    PENDING: { description: 'Recorded; the cluster has not taken it up yet.' },
    PROGRESSING: { description: 'Pods are being replaced.' },
    PAUSED: { description: 'Held by pauseRollout, or a step of a canary that waits for promoteRollout.' },
    SUCCEEDED: { description: 'All wanted pods are new and available, and the old ones are gone.' },
    FAILED: { description: 'Refused by the cluster, or it did not get on in time.' },
    ABORTED: { description: 'Given up by abortRollout, or the service was deleted.' },
    SUPERSEDED: { description: 'A later deployment took over before it ended.' },
  },
});

export const BlockerKindEnum = {
  IMAGE_PULL: 'IMAGE_PULL',
  CRASH_LOOP: 'CRASH_LOOP',
  OUT_OF_MEMORY: 'OUT_OF_MEMORY',
  UNSCHEDULABLE: 'UNSCHEDULABLE',
  QUOTA_EXCEEDED: 'QUOTA_EXCEEDED',
  NOT_READY: 'NOT_READY',
  CONFIGURATION: 'CONFIGURATION',
  VOLUME: 'VOLUME',
  EVICTED: 'EVICTED',
  NODE_LOST: 'NODE_LOST',
  DEADLINE_EXCEEDED: 'DEADLINE_EXCEEDED',
  REJECTED: 'REJECTED',
} as const;
registerEnumType(BlockerKindEnum, {
  name: 'BlockerKind',
  description: 'What keeps a rollout from getting on.',
  valuesConfig: {
    IMAGE_PULL: { description: 'The image cannot be pulled.' },
    CRASH_LOOP: { description: 'A container keeps ending.' },
    OUT_OF_MEMORY: { description: 'A container needs more memory than its limit.' },
    UNSCHEDULABLE: { description: 'No node takes the pod: none has room, or none is as it wants.' },
    QUOTA_EXCEEDED: { description: 'The quota of the environment leaves no room.' },
    NOT_READY: { description: 'Containers run and do not become ready.' },
    CONFIGURATION: { description: 'A container cannot be made or started as it is specified.' },
    VOLUME: { description: 'A volume is not there.' },
    EVICTED: {
      description: 'The cluster takes pods away: a node is short of something, or other pods go first.',
    },
    NODE_LOST: { description: 'A node with pods of it does not answer any more.' },
    DEADLINE_EXCEEDED: { description: 'Nothing got on within progressDeadlineSeconds.' },
    REJECTED: { description: 'The API server refused it.' },
  },
});

@ObjectType({ description: 'What keeps a rollout from getting on, for an application developer.' })
@Permission('deployments.read')
export class RolloutBlocker {
  @Field(() => BlockerKindEnum, { description: 'What kind of trouble.' })
  kind: BlockerKind;

  @Field({ description: 'What it is and what to do about it.' })
  message: string;

  @Field(() => [String], { description: 'Names of the pods concerned.' })
  pods: string[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when; null when unknown.' })
  since: string | null;
}

@ObjectType({ description: 'How far a canary is.' })
@Permission('deployments.read')
export class CanaryProgress {
  @Field(() => Int, {
    description:
      'The present step, from 1; stays the last one when all are passed and every pod becomes new.',
  })
  step: number;

  @Field(() => Int, { description: 'How many steps it has.' })
  steps: number;

  @Field(() => Int, {
    description: 'Share of the pods that are to be new now, 1 to 100: 100 when all steps are passed.',
  })
  percent: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When the next step begins by itself; null while the pods of this one start, and when it waits for promoteRollout.',
  })
  nextStepAt: string | null;

  @Field({ description: 'Does it wait for promoteRollout?' })
  waiting: boolean;
}

@ObjectType({
  description:
    'How a deployment gets on. Of one that has ended, how it stood at its end. A SCALE, and going back from one, change no template: they count the pods of the template that was running.',
})
@Permission('deployments.read')
export class Rollout {
  @Field(() => RolloutPhaseEnum, { description: 'Where it is.' })
  phase: RolloutPhase;

  @Field(() => Int, { description: 'Pods wanted.' })
  desired: number;

  @Field(() => Int, { description: 'Pods of the new template.' })
  updated: number;

  @Field(() => Int, { description: 'Those of them that are ready.' })
  ready: number;

  @Field(() => Int, { description: 'Those of them that are available.' })
  available: number;

  @Field(() => Int, { description: 'Pods of earlier templates that are still there.' })
  old: number;

  @Field(() => Int, { description: '0 to 100; 100 only when it has succeeded.' })
  percent: number;

  @Field(() => [RolloutBlocker], { description: 'What keeps it from getting on.' })
  blockers: RolloutBlocker[];

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when it is blocked; null while it gets on.',
  })
  stalledSince: string | null;

  @Field(() => CanaryProgress, { nullable: true, description: 'Null for what is no canary.' })
  canary: CanaryProgress | null;

  @Field(() => Observation, { description: 'How fresh this is.' })
  observed: Observation;

  @Field(() => [Pod], {
    description:
      'While it runs all pods of the service, OLD and NEW; afterwards those of its template that are left.',
  })
  pods: Pod[];
}
