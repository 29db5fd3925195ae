import { createUnionType, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar, QuantityScalar } from '../../shared/scalars.js';
import { FieldChange, UserError } from '../../shared/shared-types.js';
import { RolloutPhaseEnum } from '../rollout/rollout.type.js';
import type { RolloutPhase } from '../rollout/rollout-phase.js';
import { ServiceSpec } from '../service/service-spec.type.js';
import type { DeploymentKind } from './deployment.entity.js';
import type { LogLevel } from './deployment-log.entity.js';

export const DeploymentKindEnum = {
  DEPLOY: 'DEPLOY',
  ROLLBACK: 'ROLLBACK',
  SCALE: 'SCALE',
  RESTART: 'RESTART',
  PROMOTE: 'PROMOTE',
} as const;
registerEnumType(DeploymentKindEnum, {
  name: 'DeploymentKind',
  description: 'What a deployment was made by.',
  valuesConfig: {
    DEPLOY: { description: 'deploy, bindInstance or unbindInstance.' },
    ROLLBACK: { description: 'rollback or abortRollout.' },
    SCALE: { description: 'scale: the number of replicas alone, without a new template.' },
    RESTART: { description: 'restart: the same again, with new pods.' },
    PROMOTE: { description: 'promote: from another environment.' },
  },
});

export const LogLevelEnum = { INFO: 'INFO', WARNING: 'WARNING', ERROR: 'ERROR' } as const;
registerEnumType(LogLevelEnum, {
  name: 'LogLevel',
  description: 'How bad it is.',
  valuesConfig: {
    INFO: { description: 'As it should be.' },
    WARNING: { description: 'It may need a look.' },
    ERROR: { description: 'It failed.' },
  },
});

@ObjectType({ description: 'A line of the log of a deployment.' })
@Permission('deployments.read')
export class DeploymentLogEntry {
  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  at: Date;

  @Field({ description: 'What happened.' })
  message: string;

  @Field(() => LogLevelEnum, { description: 'How bad it is.' })
  level: LogLevel;
}

export const DeploymentLogConnection = connectionOf(DeploymentLogEntry, 'DeploymentLog', 'deployments.read');

@ObjectType({ description: 'One immutable attempt to bring a service to a specification. Kept for ever.' })
@Entity()
@Permission('deployments.read')
export class Deployment {
  @Field(() => ID, { description: 'Global ID; also a label of the pods that it made.' })
  id: string;

  @Field(() => Int, { description: 'Counts up per service, from 1.' })
  number: number;

  @Field(() => DeploymentKindEnum, { description: 'What it was made by.' })
  kind: DeploymentKind;

  @Field(() => String, { nullable: true, description: 'Why, as whoever made it said.' })
  reason: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Commit of which its image was built, as whoever brought the image said. Rollbacks, promotions, restarts and scales have that of the image they run.',
  })
  commit: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Address of what asked for it, such as the run of a pipeline: http or https.',
  })
  triggerUrl: string | null;

  @Field(() => ServiceSpec, { description: 'The whole specification, as it was.' })
  spec: ServiceSpec;

  @Field(() => [FieldChange], {
    description: 'What it changed against the deployment before it; empty for the first.',
  })
  diff: FieldChange[];

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it runs.' })
  finishedAt: Date | null;
}

export const DeploymentConnection = connectionOf(Deployment, 'Deployment', 'deployments.read');

@ObjectType({ description: 'What the rollout needs at its peak, surge included, against what is left.' })
@Permission('services.read')
export class QuotaFit {
  @Field({ description: 'Such as pods or requests.cpu.' })
  resource: string;

  @Field(() => QuantityScalar, { nullable: true, description: 'The limit.' })
  limit: string | null;

  @Field(() => QuantityScalar, { description: 'In use now.' })
  used: string;

  @Field(() => QuantityScalar, { description: 'Needed beyond that.' })
  needed: string;

  @Field({ description: 'Is there room?' })
  fits: boolean;
}

@ObjectType({ description: 'What a deployment would do.' })
@Permission('signed-in')
export class DeploymentPlan {
  @Field({ description: 'There are no problems.' })
  valid: boolean;

  @Field(() => [FieldChange], { description: 'What would change of the specification.' })
  diff: FieldChange[];

  @Field(() => [UserError], {
    description:
      'Why it would be refused. QUOTA_EXCEEDED may also mean that it would start and get stuck until there is room.',
  })
  problems: UserError[];

  @Field(() => [UserError], { description: 'What may not be meant so; it would be done.' })
  warnings: UserError[];

  @Field(() => [QuotaFit], { description: 'The quotas of the environment; empty when it has none.' })
  quota: QuotaFit[];

  @Field(() => [QuotaFit], {
    description: 'The same with as many pods as the autoscaler may make; empty without autoscaling.',
  })
  quotaAtMaximum: QuotaFit[];

  @Field(() => [FieldChange], {
    description: 'What others changed in the cluster, and it would set back: see Service.drift.',
  })
  overwrites: FieldChange[];
}

const cursorDescription = 'Give it as "after" to go on from here.';

@ObjectType({ description: 'New lines of the log of a deployment.' })
@Permission('deployments.read')
export class DeploymentLogAppended {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => [DeploymentLogEntry], { description: 'In the order written.' })
  entries: DeploymentLogEntry[];
}

@ObjectType({ description: 'The deployment has ended; nothing follows.' })
@Permission('deployments.read')
export class DeploymentLogCompleted {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => RolloutPhaseEnum, { description: 'How it ended.' })
  phase: RolloutPhase;
}

export const DeploymentLogEvent = createUnionType({
  name: 'DeploymentLogEvent',
  description: 'What is written about a deployment.',
  types: () => [DeploymentLogAppended, DeploymentLogCompleted] as const,
  resolveType: (event) =>
    (event as unknown as { type: string }).type === 'COMPLETED'
      ? DeploymentLogCompleted
      : DeploymentLogAppended,
});
