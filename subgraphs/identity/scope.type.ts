import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Permission } from '../shared/federated-schema.js';
import { Application } from './references/application.type.js';
import { Cluster } from './references/cluster.type.js';
import { Landscape } from './references/landscape.type.js';
import { Project } from './references/project.type.js';

@ObjectType({
  description:
    'What a role or access token is limited to: exactly the given levels, none of them for the whole platform.',
})
@Permission('signed-in')
export class Scope {
  @Field({
    description:
      'True when no level is given. A level that is given but that the caller may not see is null.',
  })
  wholePlatform: boolean;

  @Field(() => Cluster, { nullable: true, description: 'Only on this cluster.' })
  cluster: Cluster | null;

  @Field(() => Project, { nullable: true, description: 'Only within this project.' })
  project: Project | null;

  @Field(() => Landscape, { nullable: true, description: 'Only in this landscape.' })
  landscape: Landscape | null;

  @Field(() => Application, { nullable: true, description: 'Only for this application.' })
  application: Application | null;

  static of(levels: {
    clusterId: string | null;
    projectId: string | null;
    landscapeId: string | null;
    applicationId: string | null;
  }): Scope {
    const reference = (id: string | null): { id: string } | null => (id === null ? null : { id });
    return {
      wholePlatform: Object.values([
        levels.clusterId,
        levels.projectId,
        levels.landscapeId,
        levels.applicationId,
      ]).every((id) => id === null),
      cluster: reference(levels.clusterId),
      project: reference(levels.projectId),
      landscape: reference(levels.landscapeId),
      application: reference(levels.applicationId),
    };
  }
}

@InputType({ description: 'Levels to limit to; leave all out for the whole platform.' })
export class ScopeInput {
  @Field(() => ID, { nullable: true, description: 'Only on this cluster.' })
  clusterId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only within this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only in this landscape.' })
  landscapeId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only for this application.' })
  applicationId?: string | null;
}
