import { Field, ID, InputType, Int, registerEnumType } from 'type-graphql';
import { DateTimeScalar } from '../../shared/scalars.js';
import type { LogFilterKind } from './log-filter.js';

const LogFilterKindEnum = { TEXT: 'TEXT', REGULAR_EXPRESSION: 'REGULAR_EXPRESSION' } as const;
registerEnumType(LogFilterKindEnum, {
  name: 'LogFilterKind',
  description: 'How a filter of log lines is read.',
  valuesConfig: {
    TEXT: { description: 'Lines that contain the text, capitals and all.' },
    REGULAR_EXPRESSION: {
      description:
        'Lines that match somewhere, in the syntax of RE2: no lookaround, no back-references; (?i) ignores case.',
    },
  },
});

const afterDescription =
  'Cursor of the last event or page received: goes on after it, without loss and without repetition while the logs are there.';

/** What every way of reading a log takes. */
@InputType()
abstract class LogSelection {
  @Field(() => ID, { description: 'Which service.' })
  serviceId: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Only of pods made from the template of this deployment. Default: of all.',
  })
  deploymentId?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Only of these pods, at most 200. Default: all, those to come included.',
  })
  pods?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Only of these containers, at most 200. Default: all, those that prepare a pod included; ephemeral ones, in which somebody debugs, only when they are named.',
  })
  containers?: string[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Only lines since then.' })
  since?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Of the run before the last restart of each container; ends after what there is. NOT_FOUND when there was none. Default false.',
  })
  previous?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only lines that contain this, at most 1000 characters. Each piece of a line longer than 64 KiB is judged by itself.',
  })
  filter?: string | null;

  @Field(() => LogFilterKindEnum, { nullable: true, description: 'How filter is read. Default TEXT.' })
  filterKind?: LogFilterKind | null;
}

@InputType({ description: 'Which lines of a service to stream.' })
export class ServiceLogsInput extends LogSelection {
  @Field(() => Int, {
    nullable: true,
    description:
      'Lines of history per container before following, 0 to 10000; to 1000000 when it does not follow. Default 100.',
  })
  tail?: number | null;

  @Field(() => Boolean, { nullable: true, description: 'Go on with what is written later. Default true.' })
  follow?: boolean | null;

  @Field(() => String, { nullable: true, description: afterDescription })
  after?: string | null;
}

@InputType({ description: 'Which lines of a service to read once.' })
export class LogsInput extends LogSelection {
  @Field(() => Int, {
    nullable: true,
    description: 'Only the last so many lines of each container, 0 to 1000000. Default 1000.',
  })
  tail?: number | null;

  @Field(() => Int, { nullable: true, description: 'Lines in this page, 1 to 10000. Default 10000.' })
  first?: number | null;

  @Field(() => String, { nullable: true, description: afterDescription })
  after?: string | null;
}

@InputType({ description: 'Which lines of a service to download.' })
export class CreateLogDownloadInput extends LogSelection {
  @Field(() => Int, {
    nullable: true,
    description: 'Only the last so many lines of each container, 0 to 1000000. Default: all.',
  })
  tail?: number | null;
}
