import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar, QuantityScalar } from '../../shared/scalars.js';
import { environmentStatuses } from './environment-state.js';

export const EnvironmentStatusEnum = {
  CREATING: 'CREATING',
  READY: 'READY',
  TERMINATING: 'TERMINATING',
  UNKNOWN: 'UNKNOWN',
} as const satisfies { [K in keyof typeof environmentStatuses]: K };

registerEnumType(EnvironmentStatusEnum, {
  name: 'EnvironmentStatus',
  description: 'How an environment is.',
  valuesConfig: Object.fromEntries(
    Object.entries(environmentStatuses).map(([name, description]) => [name, { description }]),
  ) as never,
});

@ObjectType({ description: 'Amounts that the pods of an environment ask for together.' })
@Permission('environments.read')
export class ResourceLimits {
  @Field(() => QuantityScalar, { nullable: true, description: 'Processor cores requested.' })
  cpu: string | null;

  @Field(() => QuantityScalar, { nullable: true, description: 'Memory requested, in bytes.' })
  memory: string | null;

  @Field(() => Int, { nullable: true, description: 'Pods that are not finished.' })
  pods: number | null;

  @Field(() => QuantityScalar, {
    nullable: true,
    description: 'Storage requested by volume claims, in bytes.',
  })
  storage: string | null;

  @Field(() => Int, { nullable: true, description: 'Kubernetes Services.' })
  services: number | null;
}

@ObjectType({
  description:
    'What an environment may use. A container that asks for nothing counts as 100m of processor and 128Mi of memory.',
})
@Permission('environments.read')
export class Quota {
  @Field(() => ResourceLimits, { description: 'What may be asked for; null is no limit.' })
  limits: ResourceLimits;

  @Field(() => ResourceLimits, {
    description: 'What is asked for now; null where there is no limit, or nothing was read from the cluster.',
  })
  used: ResourceLimits;
}

@ObjectType({ description: 'One project in one landscape on one cluster: a namespace with a quota.' })
@Entity()
@Permission('environments.read')
export class Environment {
  @Field(() => ID, { description: 'Global id.' })
  id: string;

  @Field({ description: 'The namespace on the cluster: the name of the project and of the landscape.' })
  namespace: string;

  @Field(() => Int, {
    description: 'Raised by each change; give it to updateQuota to notice changes of others.',
  })
  version: number;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When its record was last changed.' })
  updatedAt: Date;
}

export const EnvironmentConnection = connectionOf(Environment, 'Environment', 'environments.read');
