import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { Page } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { EnvironmentService } from '../environment/environment.service.js';
import { Environment } from '../environment/environment.type.js';
import { loadByIds } from '../load-by-ids.js';
import { User } from '../references/user.reference.js';
import type { ProjectService } from './project.service.js';
import { Project, ProjectConnection, ProjectStatistics } from './project.type.js';
import type { ProjectDocumentService } from './project-document.service.js';
import { ProjectListArguments } from './project-list.type.js';

const projects = Symbol('projects');
const environmentsOfProjects = Symbol('environments of projects');

@Resolver(() => Project)
export class ProjectResolver implements ReferenceResolver {
  constructor(
    private readonly projects: ProjectService,
    private readonly environmentService: EnvironmentService,
    private readonly documents: ProjectDocumentService,
  ) {}

  @Query(() => Project, {
    nullable: true,
    description: 'The project with this id or name; null when there is none that the caller may see.',
  })
  @Permission('projects.read')
  async project(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | null,
    @Arg('name', () => String, { nullable: true, description: 'Its name, instead of the id.' })
    name: string | null,
    @Ctx() { caller }: RequestContext,
  ): Promise<Project | undefined> {
    return this.projects.find(caller, { id, name });
  }

  @Query(() => ProjectConnection, { name: 'projects', description: 'Projects that the caller may read.' })
  @Permission('projects.read')
  listProjects(
    @Args(() => ProjectListArguments) query: ProjectListArguments,
    @Ctx() { caller }: RequestContext,
  ): Promise<Page<Project>> {
    return this.projects.list(caller, query);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who created it; null when nobody signed in did.',
  })
  createdBy(@Root() { createdBy }: { createdBy: string | null }): User | null {
    return createdBy === null ? null : { id: createdBy };
  }

  @FieldResolver(() => [Environment], {
    description: 'Its environments that the caller may see, by landscape and namespace.',
  })
  async environments(@Root() { id }: Project, @Ctx() context: RequestContext): Promise<Environment[]> {
    const found = await loadByIds(
      context,
      environmentsOfProjects,
      (ids) => this.environmentService.mapByProjects(context.caller, ids),
      id,
    );
    return found ?? [];
  }

  @FieldResolver(() => ProjectStatistics, { description: 'Counts of what it has.' })
  statistics(@Root() { id }: Project): ProjectStatistics {
    return { id };
  }

  @FieldResolver(() => String, {
    description:
      'The project as code, in YAML: itself, and the environments that the caller may see with their quota.',
  })
  document(@Root() project: Project, @Ctx() { caller }: RequestContext): Promise<string> {
    return this.documents.write(caller, project);
  }

  resolveReference({ id }: { id: string }, context: RequestContext): Promise<Project | undefined> {
    return loadByIds(context, projects, (ids) => this.projects.mapByIds(context.caller, ids), id);
  }
}
