import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';

@ObjectType({ description: 'A product of a project: it has services.' })
@Entity()
@Permission('applications.read')
export class Application {
  @Field(() => ID, { description: 'Global ID.' })
  id: string;

  @Field({ description: 'Unique in its project.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'For people.' })
  description: string | null;

  @Field(() => String, { nullable: true, description: 'Where its source is: http or https.' })
  repositoryUrl: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'How its image is built: path or text of a Dockerfile.',
  })
  dockerfile: string | null;

  @Field(() => Int, { description: 'Counts changes: give it with an update to notice those of others.' })
  version: number;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last changed.' })
  updatedAt: Date;
}

export const ApplicationConnection = connectionOf(Application, 'Application', 'applications.read');

@InputType({ description: 'A new application.' })
export class CreateApplicationInput {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId: string;

  @Field({ description: 'RFC 1123 label, unique in the project.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'At most 4000 characters.' })
  description?: string | null;

  @Field(() => String, { nullable: true, description: 'http or https, without credentials.' })
  repositoryUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Path or text of a Dockerfile, at most 100000 characters.',
  })
  dockerfile?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key again does it once and answers the same.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What is left out stays as it is; null empties it.' })
export class UpdateApplicationInput {
  @Field(() => ID, { description: 'Which application.' })
  applicationId: string;

  @Field(() => String, { nullable: true, description: 'At most 4000 characters.' })
  description?: string | null;

  @Field(() => String, { nullable: true, description: 'http or https, without credentials.' })
  repositoryUrl?: string | null;

  @Field(() => String, { nullable: true, description: 'Path or text of a Dockerfile.' })
  dockerfile?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version you have seen: CONFLICT when it is another by now.',
  })
  version?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key again does it once and answers the same.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'An application without services.' })
export class DeleteApplicationInput {
  @Field(() => ID, { description: 'Which application.' })
  applicationId: string;

  @Field(() => String, {
    nullable: true,
    description: 'The same key again does it once and answers the same.',
  })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'The new application.' })
@Permission('signed-in')
export class CreateApplicationPayload extends MutationPayload {
  @Field(() => Application, { nullable: true, description: 'Null when refused.' })
  application?: Application | null;
}

@ObjectType({ description: 'The changed application.' })
@Permission('signed-in')
export class UpdateApplicationPayload extends MutationPayload {
  @Field(() => Application, { nullable: true, description: 'Null when refused.' })
  application?: Application | null;
}

@ObjectType({ description: 'What was deleted.' })
@Permission('signed-in')
export class DeleteApplicationPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'Its id; null when refused.' })
  deletedApplicationId?: string | null;
}
