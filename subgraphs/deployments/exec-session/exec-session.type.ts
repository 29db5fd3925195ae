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

  @Field({ description: 'Why, for a person.' })
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

  @Field(() => [String], { nullable: true, description: 'What to run. Default: the best shell found.' })
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

  @Field(() => ID, {
    nullable: true,
    description:
      'To reattach: your own session, within 60 seconds of leaving it. Its last output comes again.',
  })
  sessionId?: string | null;
}

@InputType({ description: 'Input for a session: data or dataBase64.' })
export class ExecInputInput {
  @Field(() => ID, { description: 'Which session.' })
  sessionId: string;

  @Field(() => String, { nullable: true, description: 'Text, sent as UTF-8, at most 64 KiB.' })
  data?: string | null;

  @Field(() => String, { nullable: true, description: 'Bytes in base64, at most 64 KiB.' })
  dataBase64?: string | null;
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
export class ExecInputPayload extends ExecPayload {}

@ObjectType({ description: 'The size was handed on.' })
@Permission('signed-in')
export class ExecResizePayload extends ExecPayload {}

@ObjectType({ description: 'The session has ended.' })
@Permission('signed-in')
export class ExecClosePayload extends ExecPayload {}
