import { createUnionType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { MutationPayload } from '../../shared/shared-types.js';

export const ExecStreamEnum = { STDOUT: 'STDOUT', STDERR: 'STDERR' } as const;
registerEnumType(ExecStreamEnum, {
  name: 'ExecStream',
  description: 'Where a process wrote to.',
  valuesConfig: {
    STDOUT: { description: 'Standard output; of a terminal everything.' },
    STDERR: { description: 'Standard error.' },
  },
});

@ObjectType({ description: 'The process runs, or is attached to again.' })
@Permission('exec.open')
export class ExecStarted {
  @Field(() => ID, { description: 'For execInput, execResize, execClose, and to reattach.' })
  sessionId: string;

  @Field({ description: 'Name of the pod.' })
  pod: string;

  @Field({ description: 'Name of the container.' })
  container: string;

  @Field(() => [String], { description: 'What runs.' })
  command: string[];

  @Field({ description: 'Does it have a terminal?' })
  tty: boolean;

  @Field({ description: 'Is it recorded? Because it was asked for, or because the landscape demands it.' })
  recorded: boolean;
}

@ObjectType({
  description:
    'Output bytes in order. text is set when they are whole UTF-8; dataBase64 always holds them exactly.',
})
@Permission('exec.open')
export class ExecOutput {
  @Field(() => ExecStreamEnum, { description: 'Where they were written to.' })
  stream: 'STDOUT' | 'STDERR';

  @Field(() => String, {
    nullable: true,
    description: 'The bytes as text; null when they are no whole UTF-8.',
  })
  text: string | null;

  @Field({ description: 'The bytes in base64, at most 32 KiB.' })
  dataBase64: string;
}

@ObjectType({ description: 'The end; nothing follows.' })
@Permission('exec.open')
export class ExecExited {
  @Field(() => Int, {
    nullable: true,
    description: 'Null when the cluster did not tell: the process may still run.',
  })
  exitCode: number | null;

  @Field({
    description: 'Why, for a person: how the process ended, or what ended the session.',
  })
  reason: string;
}

const classes = { STARTED: ExecStarted, OUTPUT: ExecOutput, EXITED: ExecExited } as const;

export const ExecEvent = createUnionType({
  name: 'ExecEvent',
  description: 'What a session brings.',
  types: () => [ExecStarted, ExecOutput, ExecExited] as const,
  resolveType: (event) => classes[(event as unknown as { type: keyof typeof classes }).type],
});

@InputType({
  description:
    'An ephemeral container of its own in the pod: for images without a shell, and for pods that are not ready. It stays in the specification of the pod, ended, for as long as the pod lives. Needs the permission exec.debug.',
})
export class ExecDebugInput {
  @Field(() => String, {
    nullable: true,
    description: 'Its image. Default: MERIDIAN_DEBUG_IMAGE, which is busybox.',
  })
  image?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the container whose processes it sees. Default: that of the service.',
  })
  target?: string | null;
}

@InputType({
  description: 'A session to open (serviceId and what follows), or one to come back to (sessionId alone).',
})
export class ExecSubscriptionInput {
  @Field(() => ID, { nullable: true, description: 'To open: which service.' })
  serviceId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the pod. Default: a ready one of the current template.',
  })
  pod?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the container. Default: that of the service.',
  })
  container?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'What to run. Default: the best shell found; of a debugging container what its image runs. Others than shells without arguments and those that the installation lists need the permission exec.any-command.',
  })
  command?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Give it a terminal. Default: for shells true, else false.',
  })
  tty?: boolean | null;

  @Field(() => Int, { nullable: true, description: 'Width of the terminal, 1 to 1000.' })
  columns?: number | null;

  @Field(() => Int, { nullable: true, description: 'Height of the terminal, 1 to 1000.' })
  rows?: number | null;

  @Field(() => String, { nullable: true, description: 'Why: for the audit log.' })
  reason?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'First a banner with KUBE_COMMAND, KUBE_NAMESPACE and KUBE_POD. Default false.',
  })
  banner?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Record the output in asciicast v2. Default false; some landscapes demand it all the same (see ExecStarted.recorded).',
  })
  record?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Record what is typed as well, passwords included. Default false; true records the output too.',
  })
  recordInput?: boolean | null;

  @Field(() => ExecDebugInput, {
    nullable: true,
    description: 'In a new debugging container instead of one of the service.',
  })
  debug?: ExecDebugInput | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'To reattach: your own session, within MERIDIAN_EXEC_GRACE (60 seconds) of leaving it. Its last output, up to 64 KiB, comes again.',
  })
  sessionId?: string | null;
}

@InputType({
  description:
    'Input for a session: data or dataBase64, or end alone. Its answer comes when the container has taken it, or after 2 seconds. Number what you send (writer and sequence): then it is typed in that order and once, whichever way it comes and however often you send it again. Without numbers wait for each answer before you send more. TOO_LARGE when more than 1 MiB waits.',
})
export class ExecInputInput {
  @Field(() => ID, { description: 'Which session.' })
  sessionId: string;

  @Field(() => String, { nullable: true, description: 'Text, sent as UTF-8, at most 64 KiB.' })
  data?: string | null;

  @Field(() => String, { nullable: true, description: 'Bytes in base64, at most 64 KiB.' })
  dataBase64?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'No input follows: the process reads its end. For commands without a terminal. Default false.',
  })
  end?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Who counts, with sequence: a random name of 1 to 64 characters that your program makes when it starts to type into the session (a page makes another one when it is loaded again). A session knows 256.',
  })
  writer?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Which input of this writer this is: 1, 2, 3, … Input that comes early is answered at once and waits for what is missing (TOO_LARGE when more than 1,024 inputs or 256 KiB wait). When nothing comes of that for 10 seconds, what waits is given up, which the next input is told (CONFLICT, naming the number to send again from). A number that was typed is answered without typing it again; CONFLICT when it was something else.',
  })
  sequence?: number | null;
}

@InputType({ description: 'A new size of the terminal.' })
export class ExecResizeInput {
  @Field(() => ID, { description: 'Which session.' })
  sessionId: string;

  @Field(() => Int, { description: '1 to 1000.' })
  columns: number;

  @Field(() => Int, { description: '1 to 1000.' })
  rows: number;
}

@InputType({ description: 'A session to end.' })
export class ExecCloseInput {
  @Field(() => ID, { description: 'Which session.' })
  sessionId: string;
}

@ObjectType()
abstract class ExecPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The session; null when refused.' })
  sessionId?: string | null;
}

@ObjectType({ description: 'The input was handed on.' })
@Permission('signed-in')
export class ExecInputPayload extends ExecPayload {
  @Field(() => Int, {
    nullable: true,
    description:
      'Of numbered input: everything of this writer before this number was handed on. What you sent from here on waits for it: send it again when this number does not rise within a second or two. Null without a number.',
  })
  nextSequence?: number | null;
}

@ObjectType({ description: 'The size was handed on.' })
@Permission('signed-in')
export class ExecResizePayload extends ExecPayload {}

@ObjectType({ description: 'The session has ended.' })
@Permission('signed-in')
export class ExecClosePayload extends ExecPayload {}
