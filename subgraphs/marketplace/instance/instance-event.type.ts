import { createUnionType, Field, ID, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { Instance } from './instance.type.js';

const cursor = { description: 'Give it as "after" to go on from here.' };

@ObjectType({ description: 'The instance as it is when the stream begins.' })
@Permission('instances.read')
export class InstanceSnapshot {
  @Field(cursor)
  cursor: string;

  @Field(() => Instance, { description: 'The instance now.' })
  instance: Instance;
}

@ObjectType({ description: 'Something that the instance shows has changed.' })
@Permission('instances.read')
export class InstanceChanged {
  @Field(cursor)
  cursor: string;

  @Field(() => Instance, { description: 'The instance now.' })
  instance: Instance;
}

@ObjectType({ description: 'The instance and all that it had in the cluster are gone. The stream ends.' })
@Permission('instances.read')
export class InstanceDeleted {
  @Field(cursor)
  cursor: string;

  @Field(() => ID, { description: 'The id that the instance had.' })
  instanceId: string;
}

const members = { InstanceSnapshot, InstanceChanged, InstanceDeleted };

export const InstanceEvent = createUnionType({
  name: 'InstanceEvent',
  description: 'What happened to an instance that is watched.',
  types: () => [InstanceSnapshot, InstanceChanged, InstanceDeleted] as const,
  resolveType: (value: unknown) => members[(value as { type: keyof typeof members }).type],
});
