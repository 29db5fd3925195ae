import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import type { PodGeneration } from '../pod/pod.mapper.js';
import { PodGenerationEnum } from '../pod/pod.type.js';

const cursorDescription = 'Give it as "after" to go on from here.';

@ObjectType({
  description:
    'A line of a log. It is data from outside: escape sequences are kept, so take care showing it.',
})
@Permission('logs.read')
export class LogLine {
  @Field(() => DateTimeScalar, { description: 'When it was written, by the clock of the cluster.' })
  at: Date;

  @Field({ description: 'Name of the pod.' })
  pod: string;

  @Field({ description: 'Name of the container.' })
  container: string;

  @Field(() => PodGenerationEnum, {
    description: 'Whether the pod was of the current template when it was read.',
  })
  generation: PodGeneration;

  @Field({ description: 'The text, at most 64 KiB; what is no UTF-8 is replaced.' })
  text: string;

  @Field({ description: 'The line goes on in the next piece, or its end was never written.' })
  partial: boolean;
}

@ObjectType({ description: 'Lines, at most 100, by time.' })
@Permission('logs.read')
export class LogLines {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => [LogLine], { description: 'The lines.' })
  lines: LogLine[];
}

@ObjectType({ description: 'The log of another container is followed from here on.' })
@Permission('logs.read')
export class LogPodJoined {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field({ description: 'Name of the pod.' })
  pod: string;

  @Field({ description: 'Name of the container.' })
  container: string;

  @Field(() => PodGenerationEnum, { description: 'Whether the pod is of the current template.' })
  generation: PodGeneration;
}

@ObjectType({ description: 'Nothing more comes from this container; its last lines were sent.' })
@Permission('logs.read')
export class LogPodLeft {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field({ description: 'Name of the pod.' })
  pod: string;

  @Field({ description: 'Name of the container.' })
  container: string;

  @Field({ description: 'Why.' })
  reason: string;
}

@ObjectType({ description: 'Lines that a slow reader or a lost connection missed.' })
@Permission('logs.read')
export class LogGap {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => Int, { nullable: true, description: 'How many; null when unknown.' })
  dropped: number | null;

  @Field({ description: 'Why.' })
  reason: string;
}

@ObjectType({ description: 'The end; nothing follows.' })
@Permission('logs.read')
export class LogCompleted {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field({ description: 'Why.' })
  reason: string;
}

const classes = {
  LINES: LogLines,
  JOINED: LogPodJoined,
  LEFT: LogPodLeft,
  GAP: LogGap,
  COMPLETED: LogCompleted,
} as const;

export const LogEvent = createUnionType({
  name: 'LogEvent',
  description: 'What the merged log of a service brings.',
  types: () => [LogLines, LogPodJoined, LogPodLeft, LogGap, LogCompleted] as const,
  resolveType: (event) => classes[(event as unknown as { type: keyof typeof classes }).type],
});

@InputType({ description: 'Which lines of a service.' })
export class ServiceLogsInput {
  @Field(() => ID, { description: 'Which service.' })
  serviceId: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Only of these pods. Default: all, those to come included.',
  })
  pods?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Only of these containers. Default: all.' })
  containers?: string[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Lines of history per container before following, 0 to 10000. Default 100.',
  })
  tail?: number | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Only lines since then.' })
  since?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Of the run before the last restart of each container; ends after what there is. Default false.',
  })
  previous?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only lines that contain this text, at most 1000 characters.',
  })
  filter?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Go on with what is written later. Default true.' })
  follow?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Cursor of the last event received: goes on after it, without loss while the pods are there.',
  })
  after?: string | null;
}
