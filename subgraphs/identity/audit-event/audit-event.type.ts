import { ArgsType, Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { connectionOf, PageArguments } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { FieldChange } from '../../shared/shared-types.js';

export const AuditResultEnum = { DONE: 'DONE', REFUSED: 'REFUSED', FAILED: 'FAILED' } as const;
type AuditResult = keyof typeof AuditResultEnum;

registerEnumType(AuditResultEnum, {
  name: 'AuditResult',
  description: 'How it ended.',
  valuesConfig: {
    DONE: { description: 'It was done.' },
    REFUSED: { description: 'It was refused: a permission was missing, or the input was wrong.' },
    FAILED: { description: 'Something broke on our side.' },
  },
});

@ObjectType({ description: 'Who did what, when and with what result. Never changed, never removed.' })
@Permission('audit.read')
export class AuditEvent {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;

  @Field(() => DateTimeScalar, { description: 'When.' })
  at: Date;

  @Field({ description: 'What was asked for: the name of the mutation or stream, such as deploy.' })
  action: string;

  @Field({ description: 'The kind of thing it was done to, such as Service; empty when unknown.' })
  targetType: string;

  @Field(() => ID, { description: 'Its id; empty when unknown.' })
  targetId: string;

  @Field(() => String, { nullable: true, description: 'Its name at that time.' })
  targetName: string | null;

  @Field(() => [FieldChange], { description: 'What became different. Secrets are left out.' })
  changes: FieldChange[];

  @Field(() => String, { nullable: true, description: 'Why: as given by the actor, or why it was refused.' })
  reason: string | null;

  @Field(() => AuditResultEnum, { description: 'How it ended.' })
  result: AuditResult;

  @Field({ description: 'The request that it was part of, as in errors and logs.' })
  requestId: string;

  @Field(() => String, { nullable: true, description: "The client's network address; null when unknown." })
  address: string | null;

  /** Fields with a resolver of their own: actor, accessToken, project. */
  userId: string | null;
  credentialId: string | null;
  projectId: string | null;
}

export const AuditEventConnection = connectionOf(AuditEvent, 'AuditEvent', 'audit.read');

@InputType({ description: 'Which audit events; all that is given must agree.' })
export class AuditEventFilter {
  @Field(() => ID, { nullable: true, description: 'Only those that concern this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only what this user did.' })
  actorId?: string | null;

  @Field(() => String, { nullable: true, description: 'Only this action, such as deploy.' })
  action?: string | null;

  @Field(() => String, { nullable: true, description: 'Only what was done to this kind of thing.' })
  targetType?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only what was done to this thing.' })
  targetId?: string | null;

  @Field(() => AuditResultEnum, { nullable: true, description: 'Only what ended so.' })
  result?: AuditResult | null;

  @Field(() => String, { nullable: true, description: 'Only what was part of this request.' })
  requestId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Only from this moment on.' })
  since?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Only before this moment.' })
  until?: Date | null;
}

@ArgsType()
export class AuditEventListArguments extends PageArguments {
  @Field(() => AuditEventFilter, { nullable: true, description: 'Which events; all when left out.' })
  filter?: AuditEventFilter | null;
}
