import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { ProjectChangeService } from './project-change.service.js';
import {
  CreateProjectInput,
  CreateProjectPayload,
  DeleteProjectInput,
  DeleteProjectPayload,
  UpdateProjectInput,
  UpdateProjectPayload,
} from './project-change.type.js';

@Resolver()
export class ProjectChangeResolver {
  constructor(private readonly projects: ProjectChangeService) {}

  @Mutation(() => CreateProjectPayload, {
    description: 'Creates a project and makes the caller its project-owner.',
  })
  @Permission('projects.create')
  async createProject(
    @Arg('input', () => CreateProjectInput, { description: 'The project.' }) input: CreateProjectInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CreateProjectPayload> {
    return { project: await this.projects.create(caller, input) };
  }

  @Mutation(() => UpdateProjectPayload, { description: 'Changes what describes a project.' })
  @Permission('projects.update')
  async updateProject(
    @Arg('input', () => UpdateProjectInput, { description: 'The changes.' }) input: UpdateProjectInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UpdateProjectPayload> {
    return { project: await this.projects.update(caller, input) };
  }

  @Mutation(() => DeleteProjectPayload, {
    description: 'Deletes a project and all roles held in it. Refused while it has environments.',
  })
  @Permission('projects.delete')
  async deleteProject(
    @Arg('input', () => DeleteProjectInput, { description: 'The project.' }) input: DeleteProjectInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeleteProjectPayload> {
    return { project: (await this.projects.delete(caller, input)) ?? null };
  }
}
