import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { type ErrorCode, errorCodes } from './errors.js';
import { Permission, Shareable } from './federated-schema.js';
import { DateTimeScalar, JsonScalar } from './scalars.js';

/** Value types that several subgraphs define alike. Types that differ from subgraph to subgraph are not here. */

export const ErrorCodeEnum = Object.fromEntries(errorCodes.map((code) => [code, code])) as Record<
  ErrorCode,
  ErrorCode
>;

const errorCodeMeanings: Record<ErrorCode, string> = {
  UNAUTHENTICATED: 'Nobody is signed in, or the token is no longer valid.',
  FORBIDDEN: 'A permission is missing.',
  NOT_FOUND: 'Nothing has this id or name, or the caller may not know of it.',
  BAD_USER_INPUT: 'The input cannot be accepted as it is.',
  CONFLICT: 'The name is taken, or the record changed meanwhile.',
  QUOTA_EXCEEDED: 'A quota or limit leaves no room.',
  TOO_LARGE: 'More bytes or items than a limit allows.',
  RATE_LIMITED: 'Too many requests; come back later.',
  TIMEOUT: 'A deadline passed; whether a write took effect is unknown.',
  CLUSTER_UNAVAILABLE: 'The cluster does not answer.',
  CLUSTER_AUTH_FAILED: "The cluster refuses Meridian's credentials.",
  CLUSTER_REJECTED: 'The API server of the cluster refused the request.',
  PERSISTED_QUERY_NOT_FOUND:
    'The hash of an automatic persisted query is not known: send it again with the text. Never in userErrors.',
  INTERNAL: 'A fault on our side; the request ID finds it in the log.',
};

registerEnumType(ErrorCodeEnum, {
  name: 'ErrorCode',
  description:
    'Why something was refused or failed. Also the value of extensions.code on GraphQL errors. A closed list.',
  valuesConfig: Object.fromEntries(
    errorCodes.map((code) => [code, { description: errorCodeMeanings[code] }]),
  ) as never,
});

@ObjectType({ description: 'Why a mutation was refused: what to tell the person who asked.' })
@Shareable()
@Permission('public')
export class UserError {
  @Field(() => ErrorCodeEnum, { description: 'The kind of refusal.' })
  code: ErrorCode;

  @Field(() => [String], {
    nullable: true,
    description: 'Path of the input field at fault, such as ["input", "ports", "0", "port"].',
  })
  field: string[] | null;

  @Field({ description: 'Names the value and the remedy, for a person.' })
  message: string;
}

/** Base of every mutation's payload. `userErrors` is filled in by withUserErrors (federated-schema.ts). */
@ObjectType()
export abstract class MutationPayload {
  @Field(() => [UserError], { description: 'Why it was refused; empty when it was done.' })
  userErrors?: UserError[];
}

@ObjectType({ description: 'One field that differs.' })
@Shareable()
@Permission('signed-in')
export class FieldChange {
  @Field({ description: 'Path of the field, such as spec.image.' })
  path: string;

  @Field(() => JsonScalar, { nullable: true, description: 'The value before; null when there was none.' })
  before?: unknown;

  @Field(() => JsonScalar, { nullable: true, description: 'The value after; null when there is none.' })
  after?: unknown;
}

@ObjectType({ description: 'Why a value could not be read now.' })
@Shareable()
@Permission('signed-in')
export class ObservationError {
  @Field(() => ErrorCodeEnum, { description: 'The kind of fault.' })
  code: ErrorCode;

  @Field({ description: 'What went wrong, for a person.' })
  message: string;
}

@ObjectType({ description: 'A condition as Kubernetes reports it.' })
@Shareable()
@Permission('signed-in')
export class Condition {
  @Field({ description: 'Such as Ready.' })
  type: string;

  @Field({ description: 'True, False or Unknown.' })
  status: string;

  @Field(() => String, { nullable: true, description: 'One word from the controller.' })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: 'For a person.' })
  message?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when it is so.' })
  since?: Date | null;
}
