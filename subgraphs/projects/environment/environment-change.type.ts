import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { QuantityScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Environment } from './environment.type.js';

const idempotencyKey = 'The same key with the same input does the same only once.';

@InputType({
  description:
    'What the pods of an environment may ask for together. Null is no limit. What is left out stays; in a new environment it is 8 cores, 16Gi of memory, 100 pods, 100Gi of storage and 50 services.',
})
export class QuotaInput {
  @Field(() => QuantityScalar, { nullable: true, description: 'Processor cores requested (requests.cpu).' })
  cpu?: string | null;

  @Field(() => QuantityScalar, { nullable: true, description: 'Memory requested (requests.memory).' })
  memory?: string | null;

  @Field(() => Int, { nullable: true, description: 'Pods that are not finished (pods).' })
  pods?: number | null;

  @Field(() => QuantityScalar, {
    nullable: true,
    description: 'Storage requested by volume claims (requests.storage).',
  })
  storage?: string | null;

  @Field(() => Int, { nullable: true, description: 'Kubernetes Services (services).' })
  services?: number | null;
}

@InputType({ description: 'An environment to create.' })
export class CreateEnvironmentInput {
  @Field(() => ID, { description: 'The project.' })
  projectId: string;

  @Field({ description: 'Name of the landscape, such as DEV.' })
  landscape: string;

  @Field(() => ID, { description: 'The cluster; one that the caller may see.' })
  clusterId: string;

  @Field(() => QuotaInput, { nullable: true, description: 'Default: see QuotaInput.' })
  quota?: QuotaInput | null;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A change of quota.' })
export class UpdateQuotaInput {
  @Field(() => ID, { description: 'The environment.' })
  environmentId: string;

  @Field(() => QuotaInput, { description: 'What to change. What runs already is never ended by it.' })
  quota: QuotaInput;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version that was read: when the environment has changed since, this is refused as CONFLICT.',
  })
  version?: number | null;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'An environment to delete with everything in it.' })
export class DeleteEnvironmentInput {
  @Field(() => ID, { description: 'The environment.' })
  environmentId: string;

  @Field(() => String, {
    nullable: true,
    description: "The environment's namespace. Required in production landscapes.",
  })
  confirm?: string | null;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'Result of createEnvironment.' })
@Permission('environments.create')
export class CreateEnvironmentPayload extends MutationPayload {
  @Field(() => Environment, { nullable: true, description: 'The new environment; null when refused.' })
  environment?: Environment | null;
}

@ObjectType({ description: 'Result of updateQuota.' })
@Permission('environments.update')
export class UpdateQuotaPayload extends MutationPayload {
  @Field(() => Environment, { nullable: true, description: 'The environment; null when refused.' })
  environment?: Environment | null;
}

@ObjectType({ description: 'Result of deleteEnvironment.' })
@Permission('environments.delete')
export class DeleteEnvironmentPayload extends MutationPayload {
  @Field(() => Environment, {
    nullable: true,
    description: 'The environment, TERMINATING: it is gone when its namespace is. Null when refused.',
  })
  environment?: Environment | null;
}
