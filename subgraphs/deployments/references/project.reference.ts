import { Field, ID, ObjectType } from 'type-graphql';
import { Permission, Reference } from '../../shared/federated-schema.js';

@ObjectType()
@Reference()
@Permission('projects.read')
export class Project {
  @Field(() => ID)
  id: string;
}

@ObjectType()
@Reference()
@Permission('projects.read')
export class ProjectStatistics {
  @Field(() => ID)
  id: string;
}

@ObjectType()
@Reference()
@Permission('environments.read')
export class Environment {
  @Field(() => ID)
  id: string;
}

@ObjectType()
@Reference()
@Permission('instances.read')
export class Instance {
  @Field(() => ID)
  id: string;
}
