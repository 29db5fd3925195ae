import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';

export const AuditProblemKindEnum = {
  EVENT_CHANGED: 'EVENT_CHANGED',
  EVENT_MISSING: 'EVENT_MISSING',
  SEAL_BROKEN: 'SEAL_BROKEN',
} as const;

registerEnumType(AuditProblemKindEnum, {
  name: 'AuditProblemKind',
  description: 'What is wrong with the audit log.',
  valuesConfig: {
    EVENT_CHANGED: { description: 'An event is not what it was when it was sealed.' },
    EVENT_MISSING: { description: 'A sealed event is gone.' },
    SEAL_BROKEN: { description: 'A seal is gone, or fits neither its events nor the seal before it.' },
  },
});

@ObjectType({ description: 'One thing that is wrong with the audit log.' })
@Permission('audit.read')
export class AuditProblem {
  @Field(() => AuditProblemKindEnum, { description: 'What.' })
  kind: keyof typeof AuditProblemKindEnum;

  @Field(() => ID, { nullable: true, description: 'The event; null when it is about a seal.' })
  eventId: string | null;

  @Field(() => Int, { description: 'The number of the seal.' })
  seal: number;

  @Field({ description: 'The same in words.' })
  message: string;
}

@ObjectType({ description: 'Whether the audit log is what was written.' })
@Permission('audit.read')
export class AuditVerification {
  @Field({ description: 'True when nothing was found wrong in what was looked at.' })
  intact: boolean;

  @Field({ description: 'False when there is more than fits into one answer: go on with after: lastSeal.' })
  complete: boolean;

  @Field(() => Int, { description: 'Number of sealed events that were looked at.' })
  verifiedEvents: number;

  @Field(() => Int, {
    description: 'Number of events without a seal yet: those of the last seconds, unless sealing fails.',
  })
  unsealedEvents: number;

  @Field(() => String, {
    nullable: true,
    description:
      'The last seal that was looked at; null when there is none. Noted outside, and given as after later, it shows whether the end of the log was cut off.',
  })
  lastSeal: string | null;

  @Field(() => [AuditProblem], { description: 'What was found wrong; the first 100.' })
  problems: readonly AuditProblem[];
}
