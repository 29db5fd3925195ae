import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType({ description: 'Counts of what a project has, of what the caller may see (owned by projects).' })
@Reference()
@Permission('signed-in')
export class ProjectStatistics {
  @Field(() => ID, { description: 'Id of the project.' })
  id: string;
}
