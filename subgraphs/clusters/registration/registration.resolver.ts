import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { RecheckService } from './recheck.service.js';
import type { RegistrationService } from './registration.service.js';
import {
  CheckClusterInput,
  RegisterClusterInput,
  RotateClusterCredentialsInput,
  UnregisterClusterInput,
  UpdateClusterInput,
} from './registration.type.js';
import {
  CheckClusterPayload,
  RegisterClusterPayload,
  RotateClusterCredentialsPayload,
  UnregisterClusterPayload,
  UpdateClusterPayload,
} from './registration-payload.type.js';
import type { RotationService } from './rotation.service.js';
import type { UnregistrationService } from './unregistration.service.js';
import type { UpdateService } from './update.service.js';

@Resolver()
export class RegistrationResolver {
  constructor(
    private readonly registration: RegistrationService,
    private readonly updates: UpdateService,
    private readonly rotation: RotationService,
    private readonly unregistration: UnregistrationService,
    private readonly rechecks: RecheckService,
  ) {}

  @Mutation(() => RegisterClusterPayload, {
    description:
      'Registers a cluster after looking at it: it must be reachable, prove its identity, be a supported version and accept the credentials. What the account may not do is told as warnings.',
  })
  @Permission('clusters.register')
  registerCluster(
    @Arg('input', () => RegisterClusterInput, { description: 'The cluster.' }) input: RegisterClusterInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RegisterClusterPayload> {
    return this.registration.register(caller, input);
  }

  @Mutation(() => UpdateClusterPayload, { description: 'Changes what describes a cluster.' })
  @Permission('clusters.update')
  async updateCluster(
    @Arg('input', () => UpdateClusterInput, { description: 'The changes.' }) input: UpdateClusterInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UpdateClusterPayload> {
    return { cluster: await this.updates.update(caller, input) };
  }

  @Mutation(() => RotateClusterCredentialsPayload, {
    description: "Replaces a cluster's credentials, and its address if given, after looking at it with them.",
  })
  @Permission('clusters.update')
  rotateClusterCredentials(
    @Arg('input', () => RotateClusterCredentialsInput, { description: 'The credentials.' })
    input: RotateClusterCredentialsInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RotateClusterCredentialsPayload> {
    return this.rotation.rotate(caller, input);
  }

  @Mutation(() => CheckClusterPayload, {
    description:
      'Looks at a registered cluster now, as at registration, and keeps what Meridian may not do there: see Cluster.permissionWarnings.',
  })
  @Permission('clusters.update')
  checkCluster(
    @Arg('input', () => CheckClusterInput, { description: 'The cluster.' }) input: CheckClusterInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<CheckClusterPayload> {
    return this.rechecks.recheck(caller, input);
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
    return { cluster: await this.unregistration.unregister(caller, input) };
  }
}
