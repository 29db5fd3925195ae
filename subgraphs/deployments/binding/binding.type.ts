import { Field, ID, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';

@ObjectType({
  description: "An instance's address and credentials given to a service as environment variables.",
})
@Permission('services.read')
export class Binding {
  @Field(() => ID, { description: 'Global ID.' })
  id: string;

  @Field({ description: 'What the names of its variables begin with.' })
  prefix: string;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt: Date;
}
