import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Node } from '../node/node.type.js';
import { ScopeInput } from '../scope.type.js';

@ObjectType({
  description: 'A bearer token for a tool or pipeline. It never does more than its owner may.',
  implements: Node,
})
@Entity()
@Permission('signed-in')
export class AccessToken {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;

  @Field({ description: 'What its owner calls it.' })
  name: string;

  @Field({ description: 'The first characters of the secret, to tell tokens apart.' })
  prefix: string;

  @Field(() => [String], {
    nullable: true,
    description: 'The only permissions that it has; null for all of its owner.',
  })
  permissions: string[] | null;

  @Field(() => DateTimeScalar, { description: 'Since when there is this token.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ends.' })
  expiresAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was used last, to the minute; null when never.',
  })
  lastUsedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked; null when it was not.' })
  revokedAt: Date | null;

  /** Fields with a resolver of their own: scope, user. */
  userId: string;
  clusterId: string | null;
  projectId: string | null;
  landscapeId: string | null;
  applicationId: string | null;
}

@InputType({ description: 'A new access token for the caller.' })
export class CreateAccessTokenInput {
  @Field({ description: 'What it is for, in a few words.' })
  name: string;

  @Field(() => [String], {
    nullable: true,
    description: 'The only permissions that it has, each of them held by the caller; all when left out.',
  })
  permissions?: string[] | null;

  @Field(() => ScopeInput, { nullable: true, description: 'Where it may be used; everywhere when left out.' })
  scope?: ScopeInput | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it ends, a year from now at most; in 90 days when left out.',
  })
  expiresAt?: Date | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the token once only.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'An access token to revoke.' })
export class RevokeAccessTokenInput {
  @Field(() => ID, { description: 'Which.' })
  accessTokenId: string;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'What createAccessToken did.' })
@Permission('signed-in')
export class CreateAccessTokenPayload extends MutationPayload {
  @Field(() => AccessToken, { nullable: true, description: 'The token; null when it was refused.' })
  accessToken?: AccessToken | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Send it as "authorization: Bearer <secret>". Shown in this answer only; null when it was refused, or made before with the same idempotency key.',
  })
  secret?: string | null;
}

@ObjectType({ description: 'What revokeAccessToken did.' })
@Permission('signed-in')
export class RevokeAccessTokenPayload extends MutationPayload {
  @Field(() => AccessToken, { nullable: true, description: 'The token; null when it was refused.' })
  accessToken?: AccessToken | null;
}
