import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { CredentialsService } from './credentials.service.js';
import type { InstanceCreationService } from './instance-creation.service.js';
import type { InstanceDeletionService } from './instance-deletion.service.js';
import {
  CreateInstanceInput,
  CreateInstancePayload,
  DeleteInstanceInput,
  DeleteInstancePayload,
  RevealCredentialsInput,
  RevealCredentialsPayload,
  UpdateInstanceInput,
  UpdateInstancePayload,
} from './instance-mutation.type.js';
import { toPayload } from './instance-payload.js';
import type { InstanceUpdateService } from './instance-update.service.js';

const input = { description: 'The request.' };

@Resolver()
export class InstanceMutationResolver {
  constructor(
    private readonly creation: InstanceCreationService,
    private readonly updates: InstanceUpdateService,
    private readonly deletion: InstanceDeletionService,
    private readonly credentials: CredentialsService,
  ) {}

  @Mutation(() => CreateInstancePayload, {
    description:
      'Provides an instance of an offering in an environment, with new credentials. Answers before it is ready.',
  })
  @Permission('instances.create')
  async createInstance(
    @Ctx() { caller }: RequestContext,
    @Arg('input', input) given: CreateInstanceInput,
  ): Promise<CreateInstancePayload> {
    return toPayload(await this.creation.create(caller, given));
  }

  @Mutation(() => UpdateInstancePayload, {
    description:
      'Changes plan, version, storage or parameters; pods are replaced one after the other. With nothing to change, it tries again what failed.',
  })
  @Permission('instances.update')
  async updateInstance(
    @Ctx() { caller }: RequestContext,
    @Arg('input', input) given: UpdateInstanceInput,
  ): Promise<UpdateInstancePayload> {
    return toPayload(await this.updates.update(caller, given));
  }

  @Mutation(() => DeleteInstancePayload, {
    description:
      'Removes an instance, with its data unless retainData says otherwise. Answers before all is gone.',
  })
  @Permission('instances.delete')
  async deleteInstance(
    @Ctx() { caller }: RequestContext,
    @Arg('input', input) given: DeleteInstanceInput,
  ): Promise<DeleteInstancePayload> {
    return { instance: await this.deletion.delete(caller, given) };
  }

  @Mutation(() => RevealCredentialsPayload, {
    description: 'Shows the credentials of an instance. The audit log keeps who did, when and why.',
  })
  @Permission('credentials.reveal')
  async revealCredentials(
    @Ctx() { caller }: RequestContext,
    @Arg('input', input) given: RevealCredentialsInput,
  ): Promise<RevealCredentialsPayload> {
    return { credentials: await this.credentials.reveal(caller, given) };
  }
}
