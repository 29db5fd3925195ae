import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { EnvironmentChangeService } from './environment-change.service.js';
import {
  CreateEnvironmentInput,
  CreateEnvironmentPayload,
  DeleteEnvironmentInput,
  DeleteEnvironmentPayload,
  UpdateQuotaInput,
  UpdateQuotaPayload,
} from './environment-change.type.js';
import type { EnvironmentCreationService } from './environment-creation.service.js';

@Resolver()
export class EnvironmentChangeResolver {
  constructor(
    private readonly creation: EnvironmentCreationService,
    private readonly changes: EnvironmentChangeService,
  ) {}

  @Mutation(() => CreateEnvironmentPayload, {
    description:
      'Makes a namespace with a quota for a project in a landscape on a cluster: one for each such triple. Nothing stays when the cluster does not answer or refuses.',
  })
  @Permission('environments.create')
  async createEnvironment(
    @Arg('input', () => CreateEnvironmentInput, { description: 'The environment.' })
    input: CreateEnvironmentInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CreateEnvironmentPayload> {
    return { environment: await this.creation.create(caller, input) };
  }

  @Mutation(() => UpdateQuotaPayload, { description: 'Changes what an environment may use.' })
  @Permission('environments.update')
  async updateQuota(
    @Arg('input', () => UpdateQuotaInput, { description: 'The change.' }) input: UpdateQuotaInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UpdateQuotaPayload> {
    return { environment: await this.changes.updateQuota(caller, input) };
  }

  @Mutation(() => DeleteEnvironmentPayload, {
    description:
      'Deletes an environment with everything in it. Goes on in the background, also when the cluster answers only later.',
  })
  @Permission('environments.delete')
  async deleteEnvironment(
    @Arg('input', () => DeleteEnvironmentInput, { description: 'The environment.' })
    input: DeleteEnvironmentInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeleteEnvironmentPayload> {
    return { environment: await this.changes.delete(caller, input) };
  }
}
