import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { type OrderDirection, OrderDirectionEnum } from '../../shared/order-direction.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { ServiceSpecInput } from './service-spec.input.js';
import { ServiceSpec } from './service-spec.type.js';
import type { ServiceStatus } from './service-status.js';

export const ServiceStatusEnum = {
  HEALTHY: 'HEALTHY',
  PROGRESSING: 'PROGRESSING',
  DEGRADED: 'DEGRADED',
  STOPPED: 'STOPPED',
  UNKNOWN: 'UNKNOWN',
} as const;
registerEnumType(ServiceStatusEnum, {
  name: 'ServiceStatus',
  description: 'How a service is.',
  valuesConfig: {
    HEALTHY: { description: 'All wanted pods are current and available.' },
    PROGRESSING: { description: 'Pods are being replaced, started or stopped.' },
    DEGRADED: { description: 'Fewer pods than wanted are available.' },
    STOPPED: { description: 'Nothing is to run.' },
    UNKNOWN: { description: 'The cluster does not answer.' },
  },
});

@ObjectType({ description: 'Pods of a service, counted.' })
@Permission('services.read')
export class ReplicaCounts {
  @Field(() => Int, { description: 'Wanted.' })
  desired: number;

  @Field(() => Int, { description: 'Of the current template.' })
  updated: number;

  @Field(() => Int, { description: 'Those of them that are ready.' })
  ready: number;

  @Field(() => Int, { description: 'Those of them that are available.' })
  available: number;
}

@ObjectType({ description: 'One deployable component of an application in one environment.' })
@Entity()
@Permission('services.read')
export class Service {
  @Field(() => ID, { description: 'Global ID.' })
  id: string;

  @Field({ description: 'Unique in its environment; other pods reach it under this name.' })
  name: string;

  @Field(() => ServiceSpec, { description: 'What the next deploy starts from.' })
  spec: ServiceSpec;

  @Field(() => Int, {
    description: 'Counts accepted deployments: give it with a deploy to notice those of others.',
  })
  version: number;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last deployed or changed.' })
  updatedAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was deleted; only seen through its deployments, which stay.',
  })
  deletedAt: Date | null;
}

export const ServiceConnection = connectionOf(Service, 'Service', 'services.read');

@InputType({ description: 'Which services. All that is given must hold.' })
export class ServiceFilter {
  @Field(() => ID, { nullable: true, description: 'Of this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'In this environment.' })
  environmentId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this application.' })
  applicationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'On this cluster.' })
  clusterId?: string | null;

  @Field(() => ID, { nullable: true, description: 'In this landscape.' })
  landscapeId?: string | null;

  @Field(() => String, { nullable: true, description: 'Exactly this name.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'Part of the name.' })
  search?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Part of the image of its specification, such as registry/team/web or :1.4.2.',
  })
  image?: string | null;

  @Field(() => [ServiceStatusEnum], { nullable: true, description: 'Any of these, as last seen.' })
  status?: ServiceStatus[] | null;
}

export const ServiceOrderFieldEnum = {
  NAME: 'NAME',
  CREATED_AT: 'CREATED_AT',
  UPDATED_AT: 'UPDATED_AT',
  STATUS: 'STATUS',
} as const;
registerEnumType(ServiceOrderFieldEnum, {
  name: 'ServiceOrderField',
  description: 'What services can be ordered by.',
  valuesConfig: {
    NAME: { description: 'Name.' },
    CREATED_AT: { description: 'Time of creation.' },
    UPDATED_AT: { description: 'Time of the last deployment or change.' },
    STATUS: {
      description:
        'Status as last seen, the worst first: DEGRADED, UNKNOWN, PROGRESSING, STOPPED, HEALTHY. A service whose status changes while somebody pages may be on no page or on two.',
    },
  },
});

@InputType({ description: 'Order of services.' })
export class ServiceOrder {
  @Field(() => ServiceOrderFieldEnum, { description: 'By what.' })
  field: keyof typeof ServiceOrderFieldEnum;

  @Field(() => OrderDirectionEnum, { description: 'Which end comes first.' })
  direction: OrderDirection;
}

@InputType({ description: 'A new service; nothing runs until it is deployed.' })
export class CreateServiceInput {
  @Field(() => ID, { description: 'The application that it is part of.' })
  applicationId: string;

  @Field(() => ID, { description: 'Where it is to run.' })
  environmentId: string;

  @Field({ description: 'RFC 1035 label, unique in the environment.' })
  name: string;

  @Field(() => ServiceSpecInput, { description: 'What it is to look like; the image is needed.' })
  spec: ServiceSpecInput;

  @Field(() => String, {
    nullable: true,
    description: 'The same key again does it once and answers the same.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A service to delete, with what runs and what it has stored.' })
export class DeleteServiceInput {
  @Field(() => ID, { description: 'Which service.' })
  serviceId: string;

  @Field(() => String, { nullable: true, description: 'For the audit log.' })
  reason?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key again does it once and answers the same.',
  })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'The new service.' })
@Permission('signed-in')
export class CreateServicePayload extends MutationPayload {
  @Field(() => Service, { nullable: true, description: 'Null when refused.' })
  service?: Service | null;
}

@ObjectType({ description: 'What was deleted.' })
@Permission('signed-in')
export class DeleteServicePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'Its id; null when refused.' })
  deletedServiceId?: string | null;
}

@ObjectType({ description: 'A hint that the list changed: query it again.' })
@Permission('signed-in')
export class ListChanged {
  @Field({ description: 'Names this hint.' })
  cursor: string;
}
