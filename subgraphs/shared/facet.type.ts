import { Field, Int, ObjectType } from 'type-graphql';
import { Permission, Shareable } from './federated-schema.js';

@ObjectType({ description: 'A value that a list could be filtered by, and how many items it would leave.' })
@Shareable()
@Permission('signed-in')
export class FacetCount {
  @Field({ description: 'The value, as the filter takes it.' })
  value: string;

  @Field(() => Int, {
    description: 'How many items of those the caller may see have it, with all other filters of the list.',
  })
  count: number;
}
