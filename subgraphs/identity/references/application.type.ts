import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A product of a project.' })
@Reference()
@Permission('applications.read')
export class Application {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;
}
