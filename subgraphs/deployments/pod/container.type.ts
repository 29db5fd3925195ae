import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { ResourceAmounts } from '../service/spec-parts.type.js';
import type { ContainerType, ProbeKind } from './container.mapper.js';

export const ContainerTypeEnum = {
  APP: 'APP',
  SIDECAR: 'SIDECAR',
  INIT: 'INIT',
  EPHEMERAL: 'EPHEMERAL',
} as const satisfies { [K in ContainerType]: K };
registerEnumType(ContainerTypeEnum, {
  name: 'ContainerType',
  description: 'What a container is in its pod for.',
  valuesConfig: {
    APP: { description: 'It serves.' },
    SIDECAR: { description: 'It runs beside those that serve, from before them until after them.' },
    INIT: { description: 'It prepares the pod and ends.' },
    EPHEMERAL: { description: 'It was added to a running pod to debug it.' },
  },
});

export const ProbeKindEnum = {
  STARTUP: 'STARTUP',
  READINESS: 'READINESS',
  LIVENESS: 'LIVENESS',
} as const satisfies { [K in ProbeKind]: K };
registerEnumType(ProbeKindEnum, {
  name: 'ProbeKind',
  description: 'What a probe is asked for.',
  valuesConfig: {
    STARTUP: { description: 'Whether the container has started: the others wait for it.' },
    READINESS: { description: 'Whether the container takes requests.' },
    LIVENESS: { description: 'Whether the container is to be started again.' },
  },
});

@ObjectType({ description: 'A port that a container listens on, as it is declared.' })
@Permission('services.read')
export class ContainerPort {
  @Field(() => String, { nullable: true, description: 'Unique in the pod.' })
  name: string | null;

  @Field(() => Int, { description: 'The number.' })
  port: number;

  @Field({ description: 'TCP, UDP or SCTP.' })
  protocol: string;
}

@ObjectType({ description: 'How the cluster checks a container.' })
@Permission('services.read')
export class ContainerProbe {
  @Field(() => ProbeKindEnum, { description: 'What for.' })
  kind: ProbeKind;

  @Field({ description: 'What is done, for a person, such as HTTP GET /healthz on port 8080.' })
  check: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'How it stands. Null while the container does not run, and always of LIVENESS: the cluster tells of it only by starting the container again.',
  })
  passing: boolean | null;
}

@ObjectType({ description: 'How a run of a container ended.' })
@Permission('services.read')
export class ContainerTermination {
  @Field(() => String, { nullable: true, description: 'One word, such as OOMKilled, Error or Completed.' })
  reason: string | null;

  @Field(() => Int, { description: '0 when it ended well; 128 and more for a signal.' })
  exitCode: number;

  @Field(() => Int, { nullable: true, description: 'Number of the signal that ended it, when reported.' })
  signal: number | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When that run began.' })
  startedAt: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended.' })
  at: string | null;
}

@ObjectType({ description: 'A container of a pod.' })
@Permission('services.read')
export class Container {
  @Field({ description: 'Unique in the pod.' })
  name: string;

  @Field(() => ContainerTypeEnum, { description: 'What it is there for.' })
  type: ContainerType;

  @Field({ description: 'The image that it was started from.' })
  image: string;

  @Field(() => String, {
    nullable: true,
    description: 'The very image that runs, with its digest; null until it was pulled.',
  })
  imageId: string | null;

  @Field({ description: 'Can it take requests?' })
  ready: boolean;

  @Field(() => Int, { description: 'How often it was started again.' })
  restarts: number;

  @Field({ description: 'waiting, running or terminated.' })
  state: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when it runs or has ended; null while it waits, of which the cluster does not tell.',
  })
  since: string | null;

  @Field(() => String, { nullable: true, description: 'Why it waits, or how it last ended: one word.' })
  reason: string | null;

  @Field(() => Int, { nullable: true, description: 'Of its last end; null when it has not ended yet.' })
  exitCode: number | null;

  @Field(() => ContainerTermination, {
    nullable: true,
    description: 'How it last ended; null when it has not ended yet.',
  })
  lastTermination: ContainerTermination | null;

  @Field(() => [ContainerPort], { description: 'What it listens on.' })
  ports: ContainerPort[];

  @Field(() => [ContainerProbe], { description: 'How it is checked.' })
  probes: ContainerProbe[];

  @Field(() => ResourceAmounts, { description: 'What a node keeps free for it.' })
  requests: ResourceAmounts;

  @Field(() => ResourceAmounts, { description: 'What it may use at most.' })
  limits: ResourceAmounts;
}
