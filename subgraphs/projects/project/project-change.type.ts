import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Project } from './project.type.js';

const idempotencyKey = 'The same key with the same input does the same only once.';

@InputType({ description: 'A project to create. Whoever creates it becomes its project-owner.' })
export class CreateProjectInput {
  @Field({ description: 'RFC 1123 label of at most 40 characters, unique.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'What people call it. Default: the name.' })
  displayName?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for, at most 2,000 characters.' })
  description?: string | null;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What to change on a project; what is left out stays.' })
export class UpdateProjectInput {
  @Field(() => ID, { description: 'The project.' })
  projectId: string;

  @Field(() => String, { nullable: true, description: 'What people call it.' })
  displayName?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for; null removes it.' })
  description?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version that was read: when the project has changed since, this is refused as CONFLICT.',
  })
  version?: number | null;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A project to delete.' })
export class DeleteProjectInput {
  @Field(() => ID, { description: 'The project; it must have no environments.' })
  projectId: string;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'Result of createProject.' })
@Permission('projects.create')
export class CreateProjectPayload extends MutationPayload {
  @Field(() => Project, { nullable: true, description: 'The new project; null when refused.' })
  project?: Project | null;
}

@ObjectType({ description: 'Result of updateProject.' })
@Permission('projects.update')
export class UpdateProjectPayload extends MutationPayload {
  @Field(() => Project, { nullable: true, description: 'The changed project; null when refused.' })
  project?: Project | null;
}

@ObjectType({ description: 'Result of deleteProject.' })
@Permission('projects.delete')
export class DeleteProjectPayload extends MutationPayload {
  @Field(() => Project, { nullable: true, description: 'The project as it was; null when refused.' })
  project?: Project | null;
}
