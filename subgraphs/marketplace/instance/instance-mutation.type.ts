import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { JsonScalar, QuantityScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Instance } from './instance.type.js';

const idempotencyKey = {
  nullable: true,
  description:
    'A request repeated with the same key is done once and answered alike. At most 200 characters.',
};

@InputType({ description: 'What to create.' })
export class CreateInstanceInput {
  @Field(() => ID, { description: 'Where.' })
  environmentId: string;

  @Field({
    description: 'Unique within the environment: a-z, 0-9 and "-", a letter first, at most 40 characters.',
  })
  name: string;

  @Field({ description: 'Name of the offering, such as redis.' })
  offering: string;

  @Field(() => String, { nullable: true, description: 'Default: the newest.' })
  version?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the plan. Default: the first.' })
  plan?: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'An object as offering.parameters describes it.' })
  parameters?: unknown;

  @Field(() => QuantityScalar, {
    nullable: true,
    description: "Size of each volume, in bytes, such as 20Gi. Default and least: the plan's.",
  })
  storage?: string | null;

  @Field(() => String, { nullable: true, description: "Storage class. Default: the cluster's default." })
  storageClass?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Take over the volumes and credentials that an instance of this name left when it was deleted with retainData.',
  })
  adoptRetainedData?: boolean | null;

  @Field(() => String, idempotencyKey)
  idempotencyKey?: string | null;
}

@InputType({ description: 'What to change; what is left out stays as it is.' })
export class UpdateInstanceInput {
  @Field(() => ID, { description: 'Which.' })
  instanceId: string;

  @Field(() => String, { nullable: true, description: 'Name of another plan.' })
  plan?: string | null;

  @Field(() => String, { nullable: true, description: 'A newer version.' })
  version?: string | null;

  @Field(() => QuantityScalar, {
    nullable: true,
    description: 'A larger size for each volume, in bytes, such as 20Gi. Its storage class must allow it.',
  })
  storage?: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'Parameters to change; the others stay.' })
  parameters?: unknown;

  @Field(() => Int, {
    nullable: true,
    description: 'The revision that you know: refused when there is a newer one.',
  })
  revision?: number | null;

  @Field(() => String, idempotencyKey)
  idempotencyKey?: string | null;
}

@InputType({ description: 'What to delete.' })
export class DeleteInstanceInput {
  @Field(() => ID, { description: 'Which. No service may be bound to it.' })
  instanceId: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Keep volumes and credentials for a new instance of the same name. Default: false, all data is lost.',
  })
  retainData?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The revision that you know: refused when there is a newer one.',
  })
  revision?: number | null;

  @Field(() => String, idempotencyKey)
  idempotencyKey?: string | null;
}

@InputType({ description: 'Whose credentials, and why.' })
export class RevealCredentialsInput {
  @Field(() => ID, { description: 'Which instance.' })
  instanceId: string;

  @Field({ description: 'Shown in the audit log. 10 to 500 characters.' })
  reason: string;
}

@ObjectType({ description: 'What createInstance did.' })
@Permission('instances.create')
export class CreateInstancePayload extends MutationPayload {
  @Field(() => Instance, {
    nullable: true,
    description: 'The new instance. FAILED, with userErrors, when it was made and the cluster refused it.',
  })
  instance?: Instance | null;
}

@ObjectType({ description: 'What updateInstance did.' })
@Permission('instances.update')
export class UpdateInstancePayload extends MutationPayload {
  @Field(() => Instance, {
    nullable: true,
    description: 'The instance as changed. FAILED, with userErrors, when the cluster refused the change.',
  })
  instance?: Instance | null;
}

@ObjectType({ description: 'What deleteInstance did.' })
@Permission('instances.delete')
export class DeleteInstancePayload extends MutationPayload {
  @Field(() => Instance, {
    nullable: true,
    description: 'The instance as it goes: watch instanceStatus for its end.',
  })
  instance?: Instance | null;
}

@ObjectType({ description: 'One secret value of an instance.' })
@Permission('credentials.reveal')
export class Credential {
  @Field({ description: 'Name of the variable that a binding injects, before its prefix, such as PASSWORD.' })
  name: string;

  @Field({ description: 'The value.' })
  value: string;
}

@ObjectType({ description: 'The credentials of an instance.' })
@Permission('credentials.reveal')
export class RevealCredentialsPayload extends MutationPayload {
  @Field(() => [Credential], { nullable: true, description: 'What bindings inject; null when refused.' })
  credentials?: Credential[] | null;
}
