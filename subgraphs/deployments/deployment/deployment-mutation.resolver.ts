import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { toUserErrors, type UserErrorValue } from '../../shared/errors.js';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { BindingService } from '../binding/binding.service.js';
import {
  AbortRolloutInput,
  AbortRolloutPayload,
  BindInstanceInput,
  BindInstancePayload,
  DeployInput,
  DeployPayload,
  PauseRolloutInput,
  PauseRolloutPayload,
  PromoteInput,
  PromotePayload,
  PromoteRolloutInput,
  PromoteRolloutPayload,
  RestartInput,
  RestartPayload,
  ResumeRolloutInput,
  ResumeRolloutPayload,
  RollbackInput,
  RollbackPayload,
  ScaleInput,
  ScalePayload,
  UnbindInstanceInput,
  UnbindInstancePayload,
} from './deployment.input.js';
import type { DeploymentService } from './deployment.service.js';
import type { DeploymentControlService } from './deployment-control.service.js';
import type { Started } from './deployment-starter.js';

/** A deployment that the cluster refused is there, FAILED, and says why. */
const payloadOf = ({ deployment, refusal }: Started) => ({
  deployment,
  userErrors: (refusal ? (toUserErrors(refusal) ?? []) : []) satisfies UserErrorValue[],
});

@Resolver()
export class DeploymentMutationResolver {
  constructor(
    private readonly deployments: DeploymentService,
    private readonly control: DeploymentControlService,
    private readonly bindings: BindingService,
  ) {}

  @Mutation(() => DeployPayload, {
    description: 'Brings a service to a specification. A later one supersedes it.',
  })
  @Permission('deployments.deploy')
  async deploy(
    @Arg('input', { description: 'What to deploy.' }) input: DeployInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeployPayload> {
    return payloadOf(await this.deployments.deploy(caller, input));
  }

  @Mutation(() => RollbackPayload, {
    description: 'Brings a service back to the specification of a deployment.',
  })
  @Permission('deployments.rollback')
  async rollback(
    @Arg('input', { description: 'Back to what.' }) input: RollbackInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RollbackPayload> {
    return payloadOf(await this.deployments.rollback(caller, input));
  }

  @Mutation(() => ScalePayload, { description: 'Changes the number of replicas, and nothing else.' })
  @Permission('deployments.scale')
  async scale(
    @Arg('input', { description: 'How many.' }) input: ScaleInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ScalePayload> {
    return payloadOf(await this.deployments.scale(caller, input));
  }

  @Mutation(() => RestartPayload, { description: 'Replaces all pods by new ones of the same specification.' })
  @Permission('deployments.restart')
  async restart(
    @Arg('input', { description: 'What to restart.' }) input: RestartInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<RestartPayload> {
    return payloadOf(await this.deployments.restart(caller, input));
  }

  @Mutation(() => PromotePayload, { description: 'Deploys to another environment what was deployed here.' })
  @Permission('deployments.promote')
  async promote(
    @Arg('input', { description: 'What and where to.' }) input: PromoteInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<PromotePayload> {
    return payloadOf(await this.deployments.promote(caller, input));
  }

  @Mutation(() => PauseRolloutPayload, { description: 'Holds a rollout: no more pods are replaced.' })
  @Permission('deployments.control')
  async pauseRollout(
    @Arg('input', { description: 'Which.' }) input: PauseRolloutInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<PauseRolloutPayload> {
    return { deployment: await this.control.pause(caller, input) };
  }

  @Mutation(() => ResumeRolloutPayload, { description: 'Lets a paused rollout go on.' })
  @Permission('deployments.control')
  async resumeRollout(
    @Arg('input', { description: 'Which.' }) input: ResumeRolloutInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<ResumeRolloutPayload> {
    return { deployment: await this.control.resume(caller, input) };
  }

  @Mutation(() => PromoteRolloutPayload, {
    description:
      'Takes a canary to its next step, or past all of them. It need not have waited: also a pause that still runs is cut short.',
  })
  @Permission('deployments.control')
  async promoteRollout(
    @Arg('input', { description: 'Which.' }) input: PromoteRolloutInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<PromoteRolloutPayload> {
    return { deployment: await this.control.promote(caller, input) };
  }

  @Mutation(() => AbortRolloutPayload, {
    description: 'Gives a rollout up and goes back to the last that succeeded.',
  })
  @Permission('deployments.control')
  async abortRollout(
    @Arg('input', { description: 'Which.' }) input: AbortRolloutInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<AbortRolloutPayload> {
    return this.control.abort(caller, input);
  }

  @Mutation(() => BindInstancePayload, {
    description: "Gives a service an instance's address and credentials as variables, by a deployment.",
  })
  @Permission('instances.bind')
  async bindInstance(
    @Arg('input', { description: 'What to bind to what.' }) input: BindInstanceInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<BindInstancePayload> {
    const { binding, ...started } = await this.bindings.bind(caller, input);
    return { ...payloadOf(started), binding };
  }

  @Mutation(() => UnbindInstancePayload, { description: 'Takes them away again, by a deployment.' })
  @Permission('instances.bind')
  async unbindInstance(
    @Arg('input', { description: 'Which binding.' }) input: UnbindInstanceInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<UnbindInstancePayload> {
    return payloadOf(await this.bindings.unbind(caller, input));
  }
}
