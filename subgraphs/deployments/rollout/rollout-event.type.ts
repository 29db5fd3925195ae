import { createUnionType, Field, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { StreamReset } from '../../shared/stream-reset.js';
import { Deployment } from '../deployment/deployment.type.js';
import { LogGap, LogLine } from '../log/log.type.js';
import { Rollout, RolloutPhaseEnum } from './rollout.type.js';
import type { RolloutPhase } from './rollout-phase.js';

const cursorDescription = 'Give it as "after" to go on from here.';

@ObjectType({ description: 'Where a rollout is now.' })
@Permission('deployments.read')
export class RolloutProgressed {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => Rollout, { description: 'How it stands.' })
  rollout: Rollout;

  @Field(() => Deployment, { description: 'Its deployment.' })
  deployment: Deployment;
}

@ObjectType({ description: 'The end of a rollout; nothing follows.' })
@Permission('deployments.read')
export class RolloutCompleted {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => RolloutPhaseEnum, { description: 'SUCCEEDED, FAILED, ABORTED or SUPERSEDED.' })
  phase: RolloutPhase;

  @Field(() => Rollout, { description: 'How it stood at the end.' })
  rollout: Rollout;

  @Field(() => Deployment, { description: 'Its deployment.' })
  deployment: Deployment;
}

@ObjectType({ description: 'What the pods of the deployment have written meanwhile.' })
@Permission('logs.read')
export class RolloutLogLines {
  @Field({ description: cursorDescription })
  cursor: string;

  @Field(() => [LogLine], { description: 'At most 100, by time.' })
  lines: LogLine[];
}

const classes = {
  PROGRESSED: RolloutProgressed,
  COMPLETED: RolloutCompleted,
  RESET: StreamReset,
  LINES: RolloutLogLines,
  GAP: LogGap,
} as const;

export const RolloutEvent = createUnionType({
  name: 'RolloutEvent',
  description: 'What happens to a rollout; lines of the log only when they are asked for.',
  types: () => [RolloutProgressed, RolloutCompleted, StreamReset, RolloutLogLines, LogGap] as const,
  resolveType: (event) => classes[(event as unknown as { type: keyof typeof classes }).type],
});
