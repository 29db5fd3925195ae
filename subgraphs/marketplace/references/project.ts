import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A tenant (owned by projects).' })
@Reference()
@Permission('signed-in')
export class Project {
  @Field(() => ID, { description: 'Global id.' })
  id: string;
}
