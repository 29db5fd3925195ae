import { Field, ObjectType } from 'type-graphql';
import { Permission, Shareable } from './federated-schema.js';

@ObjectType({ description: "What came before can't be continued: a snapshot follows." })
@Shareable()
@Permission('signed-in')
export class StreamReset {
  @Field({ description: 'Give it as "after" to go on from here.' })
  cursor: string;

  @Field({ description: 'Why, for a person.' })
  reason: string;
}
