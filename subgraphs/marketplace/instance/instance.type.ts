import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar, JsonScalar, QuantityScalar } from '../../shared/scalars.js';
import { Plan } from '../offering/offering.type.js';

export const InstanceStatus = {
  PROVISIONING: 'PROVISIONING',
  READY: 'READY',
  UPDATING: 'UPDATING',
  DEGRADED: 'DEGRADED',
  FAILED: 'FAILED',
  DELETING: 'DELETING',
  UNKNOWN: 'UNKNOWN',
} as const;
export type InstanceStatus = keyof typeof InstanceStatus;

registerEnumType(InstanceStatus, {
  name: 'InstanceStatus',
  description: 'What an instance is now.',
  valuesConfig: {
    PROVISIONING: { description: 'It is being made and was not ready yet.' },
    READY: { description: 'All its pods are ready and its volumes are bound.' },
    UPDATING: { description: 'A change of plan, version, storage or parameters is under way.' },
    DEGRADED: { description: 'It was ready and is not now: a pod or volume is missing or not ready.' },
    FAILED: { description: 'The cluster refused it, or it does not get ready; statusReason says why.' },
    DELETING: {
      description: 'It is being removed; the record goes when the cluster has nothing of it any more.',
    },
    UNKNOWN: { description: 'The cluster has not been heard yet.' },
  },
});

@ObjectType({ description: 'A volume of an instance.' })
@Permission('instances.read')
export class StorageVolume {
  @Field({ description: 'Name of the PersistentVolumeClaim.' })
  name: string;

  @Field(() => QuantityScalar, { description: 'Its size in bytes, such as 10Gi.' })
  size: string;

  @Field(() => String, { nullable: true, description: 'Storage class; null when it has none.' })
  storageClass: string | null;

  @Field({ description: 'Pending, Bound, Lost or Terminating.' })
  phase: string;
}

@ObjectType({ description: 'Something of the marketplace that runs in an environment, such as a Redis.' })
@Entity()
@Permission('instances.read')
export class Instance {
  @Field(() => ID, { description: 'Global id.' })
  id: string;

  @Field({ description: 'Unique within its environment (RFC 1035), and the first part of its host name.' })
  name: string;

  @Field({ description: 'Version of the offering, such as 8.2.' })
  version: string;

  @Field(() => Plan, { description: 'The plan as it was when the instance took it.' })
  plan: Plan;

  @Field(() => JsonScalar, { description: 'Parameters, defaults included.' })
  parameters: unknown;

  @Field(() => Int, { description: 'Port that it listens on.' })
  port: number;

  @Field({ description: 'Kubernetes Secret in the namespace of the environment that holds the credentials.' })
  credentialsSecret: string;

  @Field(() => QuantityScalar, { description: 'Wanted size of each volume, in bytes, such as 10Gi.' })
  storageSize: string;

  @Field(() => Int, {
    description: 'Counts up with each change. Give it to an update to be refused when another came first.',
  })
  revision: number;

  @Field(() => DateTimeScalar, { description: 'When createInstance was called.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last changed by somebody.' })
  updatedAt: Date;
}

export const InstanceConnection = connectionOf(Instance, 'Instance', 'instances.read');

@InputType({ description: 'Which instances; all conditions hold.' })
export class InstanceFilter {
  @Field(() => ID, { nullable: true, description: 'Of this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this environment.' })
  environmentId?: string | null;

  @Field(() => ID, { nullable: true, description: 'On this cluster.' })
  clusterId?: string | null;

  @Field(() => [String], { nullable: true, description: 'Of one of these offerings, by name.' })
  offerings?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Part of the name.' })
  search?: string | null;
}
