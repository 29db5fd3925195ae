import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import type { EventSeverity } from './event.client.js';

export type { EventSeverity };

export const EventSeverityEnum = { NORMAL: 'NORMAL', WARNING: 'WARNING' } as const;
registerEnumType(EventSeverityEnum, {
  name: 'EventSeverity',
  description: 'How an event is meant.',
  valuesConfig: {
    NORMAL: { description: 'As it should be.' },
    WARNING: { description: 'Something needs a look.' },
  },
});

@ObjectType('Event', { description: 'What the cluster says that happened to the objects of a service.' })
@Permission('services.read')
export class ServiceEvent {
  @Field(() => ID, { description: 'Unique in the cluster.' })
  id: string;

  @Field({ description: 'As Kubernetes says it: Normal or Warning.' })
  type: string;

  @Field(() => EventSeverityEnum, { description: 'How it is meant.' })
  severity: EventSeverity;

  @Field({ description: 'One word, such as FailedScheduling.' })
  reason: string;

  @Field({ description: 'For a person.' })
  message: string;

  @Field(() => Int, { description: 'How often it happened.' })
  count: number;

  @Field({ description: 'Kind of the object, such as Pod.' })
  objectKind: string;

  @Field({ description: 'Name of the object.' })
  objectName: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it first happened.' })
  firstAt: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it last happened.' })
  lastAt: string | null;
}

export const EventConnection = connectionOf(ServiceEvent, 'Event', 'services.read');
