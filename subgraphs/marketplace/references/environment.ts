import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'One project in one landscape on one cluster (owned by projects).' })
@Reference()
@Permission('signed-in')
export class Environment {
  @Field(() => ID, { description: 'Global id.' })
  id: string;
}
