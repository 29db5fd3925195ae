import { createUnionType, Field, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
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

  @Field({ description: 'The text, at most 64 KiB; what is no UTF-8 is replaced by U+FFFD.' })
  text: string;

  @Field({ description: 'The line goes on in the next piece, or its end was never written.' })
  partial: boolean;

  @Field({
    description:
      'The text holds control characters other than tabs, such as the escape sequences of colours: they are kept, so strip or interpret them before the text is shown in a page or a terminal.',
  })
  hasControlCharacters: boolean;
}

@ObjectType({ description: 'Lines, at most 100, by time.' })
@Permission('logs.read')
export class LogLines {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => [LogLine], { description: 'The lines.' })
  lines: LogLine[];
}

@ObjectType({
  description:
    'The log of another container, or of the next run of one that was started again, follows from here on.',
})
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

  @Field(() => Int, { description: 'How often the container had been started again when this run began.' })
  restarts: number;
}

@ObjectType({
  description:
    'This run of a container has ended and its last lines were sent. When it is started again it joins again.',
})
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

@ObjectType({ description: 'Lines that a slow reader or a lost connection missed, or that are late.' })
@Permission('logs.read')
export class LogGap {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => Int, {
    nullable: true,
    description: 'How many; null when unknown; 0 when none is lost, and they come later.',
  })
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

@ObjectType({ description: 'Lines of a log that is read once.' })
@Permission('logs.read')
export class LogPage {
  @Field(() => [LogLine], { description: 'By time, the oldest first.' })
  lines: LogLine[];

  @Field(() => String, {
    nullable: true,
    description:
      'Give it as "after", to this field or to serviceLogs, to go on from here. Null when nothing could be read in time.',
  })
  cursor: string | null;

  @Field({ description: 'There is more: the page ended at its limit of lines, of 10 MB or of 20 seconds.' })
  truncated: boolean;

  @Field(() => [LogGap], { description: 'What is missing among the lines, and why.' })
  gaps: LogGap[];
}

@ObjectType({ description: 'A link to a log as text.' })
@Permission('signed-in')
export class CreateLogDownloadPayload extends MutationPayload {
  @Field(() => String, {
    nullable: true,
    description:
      'Path and token, beside the address of this API (/graphql): fetch it with GET and without a token of your own. Who has the link reads the log as you, while you may. Each line has time, pod and container. Null when refused.',
  })
  url?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when a download can be begun.' })
  expiresAt?: Date | null;
}
