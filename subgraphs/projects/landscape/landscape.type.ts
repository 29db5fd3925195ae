import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A stage that software goes through, such as DEV or PROD.' })
@Entity()
@Permission('signed-in')
export class Landscape {
  @Field(() => ID, { description: 'Global id.' })
  id: string;

  @Field({ description: 'Unique, in capitals.' })
  name: string;

  @Field(() => Int, { description: 'Its place on the way to production, from 1.' })
  order: number;

  @Field({ description: 'Its environments need care: they are deleted only when their namespace is given.' })
  production: boolean;
}
