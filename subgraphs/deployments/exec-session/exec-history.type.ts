import { ArgsType, Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { connectionOf, PageArguments } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import type { ExecSessionState } from './exec-session.entity.js';

export const ExecSessionStateEnum = {
  OPENING: 'OPENING',
  OPEN: 'OPEN',
  ENDED: 'ENDED',
  REFUSED: 'REFUSED',
} as const;
registerEnumType(ExecSessionStateEnum, {
  name: 'ExecSessionState',
  description: 'Where a session stands.',
  valuesConfig: {
    OPENING: { description: 'On record; its process is being started.' },
    OPEN: { description: 'Its process runs, attached to or not.' },
    ENDED: { description: 'It has ended.' },
    REFUSED: { description: 'It was never opened: endReason says why.' },
  },
});

@ObjectType({
  description: 'A shell or command that somebody ran in a container, or tried to. Kept for ever.',
})
@Permission('exec.read')
export class ExecSession {
  @Field(() => ID, { description: 'Global ID, as in ExecStarted.sessionId.' })
  id: string;

  @Field({ description: 'Namespace of the pod.' })
  namespace: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the pod; null when refused before one was chosen.',
  })
  pod: string | null;

  @Field(() => ID, { nullable: true, description: 'Which of the pods that had this name.' })
  podUid: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the container.' })
  container: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'What ran; null when the best shell was not found yet.',
  })
  command: string[] | null;

  @Field({ description: 'Did it have a terminal?' })
  tty: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Image of its debugging container; null in all others.',
  })
  debugImage: string | null;

  @Field(() => String, { nullable: true, description: 'Why, as whoever opened it said.' })
  reason: string | null;

  @Field(() => ExecSessionStateEnum, { description: 'Where it stands.' })
  state: ExecSessionState;

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  startedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it is open.' })
  endedAt: Date | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Of its process; null while it runs, and when the cluster did not tell: it may still run then.',
  })
  exitCode: number | null;

  @Field(() => String, { nullable: true, description: 'What ended it, or why it was refused.' })
  endReason: string | null;

  @Field(() => Float, { description: 'Bytes that were typed; of an open session as of some seconds ago.' })
  bytesIn: number;

  @Field(() => Float, { description: 'Bytes that were printed; of an open session as of some seconds ago.' })
  bytesOut: number;

  @Field({ description: 'Is there a recording? replayExecSession reads it, also while it goes on.' })
  recorded: boolean;

  @Field({ description: 'Does the recording hold what was typed as well?' })
  recordsInput: boolean;

  @Field({
    description:
      'Is the whole session in the recording? False while it is open, when it grew too large, or when Meridian was killed.',
  })
  recordingComplete: boolean;

  @Field(() => ID, { description: 'The process of Meridian that holds or held it.' })
  replicaId: string;
}

export const ExecSessionConnection = connectionOf(ExecSession, 'ExecSession', 'exec.read');

@InputType({ description: 'Which sessions; what is left out is not looked at.' })
export class ExecSessionFilter {
  @Field(() => ID, { nullable: true, description: 'In services of this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'In this service.' })
  serviceId?: string | null;

  @Field(() => ID, { nullable: true, description: 'In this cluster.' })
  clusterId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Opened by this user.' })
  userId?: string | null;

  @Field(() => [ExecSessionStateEnum], { nullable: true, description: 'In one of these states.' })
  states?: ExecSessionState[] | null;
}

@ArgsType()
export class ExecSessionListArguments extends PageArguments {
  @Field(() => ExecSessionFilter, { nullable: true, description: 'Which. Default: all.' })
  filter?: ExecSessionFilter | null;
}

@InputType({ description: 'A recording to read.' })
export class ReplayExecSessionInput {
  @Field(() => ID, { description: 'Of which session.' })
  sessionId: string;

  @Field({ description: 'Why you need it, in 10 to 2000 characters: for the audit log.' })
  reason: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Of a long recording, the part after: next of the payload before.',
  })
  after?: number | null;
}

@ObjectType({ description: 'A recording, or a part of one.' })
@Permission('signed-in')
export class ReplayExecSessionPayload extends MutationPayload {
  @Field(() => String, {
    nullable: true,
    description:
      'asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/), about 4 MiB at most: put the parts after one another. Null when refused.',
  })
  recording?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Give it as after for what follows; null when this is the last part.',
  })
  next?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'As ExecSession.recordingComplete; null when refused.',
  })
  complete?: boolean | null;
}
