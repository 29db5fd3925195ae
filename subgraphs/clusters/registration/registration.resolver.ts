import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { RegistrationService } from './registration.service.js';
import {
  RegisterClusterInput,
  RegisterClusterPayload,
  RotateClusterCredentialsInput,
  RotateClusterCredentialsPayload,
  UnregisterClusterInput,
  UnregisterClusterPayload,
  UpdateClusterInput,
  UpdateClusterPayload,
} from './registration.type.js';

@Resolver()
export class RegistrationResolver {
  constructor(private readonly registration: RegistrationService) {}

  @Mutation(() => RegisterClusterPayload, {
    description:
      'Registers a cluster after looking at it: it must be reachable, prove its identity and accept the credentials.',
  })
  @Permission('clusters.register')
  async registerCluster(
    @Arg('input', () => RegisterClusterInput, { description: 'The cluster.' }) input: RegisterClusterInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RegisterClusterPayload> {
    return { cluster: await this.registration.register(caller, input) };
  }

  @Mutation(() => UpdateClusterPayload, { description: 'Changes what describes a cluster.' })
  @Permission('clusters.update')
  async updateCluster(
    @Arg('input', () => UpdateClusterInput, { description: 'The changes.' }) input: UpdateClusterInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UpdateClusterPayload> {
    return { cluster: await this.registration.update(caller, input) };
  }

  @Mutation(() => RotateClusterCredentialsPayload, {
    description: "Replaces a cluster's credentials, and its address if given, after looking at it with them.",
  })
  @Permission('clusters.update')
  async rotateClusterCredentials(
    @Arg('input', () => RotateClusterCredentialsInput, { description: 'The credentials.' })
    input: RotateClusterCredentialsInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RotateClusterCredentialsPayload> {
    return { cluster: await this.registration.rotateCredentials(caller, input) };
  }

  @Mutation(() => UnregisterClusterPayload, {
    description:
      'Forgets a cluster: its credentials are wiped and all streams from it end. Refused while there are environments on it, unless forced.',
  })
  @Permission('clusters.unregister')
  async unregisterCluster(
    @Arg('input', () => UnregisterClusterInput, { description: 'The cluster.' })
    input: UnregisterClusterInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UnregisterClusterPayload> {
    return { cluster: await this.registration.unregister(caller, input) };
  }
}
