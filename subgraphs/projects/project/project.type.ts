import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';

@ObjectType({ description: 'Counts of what a project has; each subgraph adds its own.' })
@Entity()
@Permission('projects.read')
export class ProjectStatistics {
  @Field(() => ID, { description: 'Id of the project.' })
  id: string;
}

@ObjectType({ description: 'A tenant: members, environments with their quota, applications and instances.' })
@Entity()
@Permission('projects.read')
export class Project {
  @Field(() => ID, { description: 'Global id.' })
  id: string;

  @Field({ description: 'RFC 1123 label of at most 40 characters, unique. Namespaces are called after it.' })
  name: string;

  @Field({ description: 'What people call it.' })
  displayName: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description: string | null;

  @Field(() => Int, {
    description: 'Raised by each change; give it to updateProject to notice changes of others.',
  })
  version: number;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When its record was last changed.' })
  updatedAt: Date;
}

export const ProjectConnection = connectionOf(Project, 'Project', 'projects.read');
