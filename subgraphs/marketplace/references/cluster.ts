import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType()
@Reference()
@Permission('signed-in')
export class Cluster {
  @Field(() => ID)
  id: string;
}
