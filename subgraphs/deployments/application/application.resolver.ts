import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import { type Page, PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { FieldLoaders } from '../loaders.js';
import { Project } from '../references/project.reference.js';
import { type Service, ServiceConnection } from '../service/service.type.js';
import type { ApplicationRow, ApplicationService } from './application.service.js';
import {
  Application,
  CreateApplicationInput,
  CreateApplicationPayload,
  DeleteApplicationInput,
  DeleteApplicationPayload,
  UpdateApplicationInput,
  UpdateApplicationPayload,
} from './application.type.js';

@Resolver(() => Application)
export class ApplicationResolver implements ReferenceResolver {
  constructor(
    private readonly applications: ApplicationService,
    private readonly loaders: FieldLoaders,
  ) {}

  @Query(() => Application, {
    nullable: true,
    description: 'One application; null when absent or not permitted.',
  })
  @Permission('applications.read')
  async application(
    @Arg('id', () => ID, { description: 'Global ID.' }) id: string,
    @Ctx() { caller }: RequestContext,
  ): Promise<Application | null> {
    return (await this.applications.find(caller, id)) ?? null;
  }

  @Mutation(() => CreateApplicationPayload, { description: 'Makes an application in a project.' })
  @Permission('applications.create')
  async createApplication(
    @Arg('input', { description: 'What to make.' }) input: CreateApplicationInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CreateApplicationPayload> {
    return { application: await this.applications.create(caller, input) };
  }

  @Mutation(() => UpdateApplicationPayload, { description: 'Changes an application.' })
  @Permission('applications.update')
  async updateApplication(
    @Arg('input', { description: 'What to change.' }) input: UpdateApplicationInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UpdateApplicationPayload> {
    return { application: await this.applications.update(caller, input) };
  }

  @Mutation(() => DeleteApplicationPayload, { description: 'Deletes an application without services.' })
  @Permission('applications.delete')
  async deleteApplication(
    @Arg('input', { description: 'What to delete.' }) input: DeleteApplicationInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeleteApplicationPayload> {
    return { deletedApplicationId: (await this.applications.delete(caller, input)).id };
  }

  @FieldResolver(() => Project, { description: 'The project that it belongs to.' })
  project(@Root() application: ApplicationRow): Project {
    return { id: application.projectId };
  }

  @FieldResolver(() => ServiceConnection, { description: 'Its services, in all environments, by name.' })
  @Permission('services.read')
  services(
    @Root() application: ApplicationRow,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<Page<Service>> {
    return this.loaders.servicesOf(context, 'applicationId', application.id, page);
  }

  async resolveReference({ id }: { id: string }, context: RequestContext): Promise<Application | null> {
    return (await this.loaders.application(context, id)) ?? null;
  }
}
