import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Binding } from '../binding/binding.type.js';
import { RolloutPhaseEnum } from '../rollout/rollout.type.js';
import type { RolloutPhase } from '../rollout/rollout-phase.js';
import { ServiceSpecInput } from '../service/service-spec.input.js';
import type { DeploymentKind } from './deployment.entity.js';
import { Deployment, DeploymentKindEnum } from './deployment.type.js';

const keyDescription = 'The same key again does it once and answers the same.';
const triggerDescription =
  'Address of what asked for it, such as the run of a pipeline: http or https, without credentials. Kept with the deployment.';
const reasonDescription = 'Why: kept with the deployment, at most 2000 characters.';

@InputType({ description: 'What is left out stays as it is; nothing at all deploys the same again.' })
export class DeployInput {
  @Field(() => ID, { description: 'Which service.' })
  serviceId: string;

  @Field(() => String, { nullable: true, description: 'New image; the same as spec.image.' })
  image?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Commit of which the image was built, at most 200 characters. Left out: that of the last deployment when the image is the same, else none.',
  })
  commit?: string | null;

  @Field(() => ServiceSpecInput, { nullable: true, description: 'Parts of the specification to change.' })
  spec?: ServiceSpecInput | null;

  @Field(() => String, { nullable: true, description: reasonDescription })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: triggerDescription })
  triggerUrl?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version of the service that you have seen: CONFLICT when it is another by now.',
  })
  version?: number | null;

  @Field(() => String, { nullable: true, description: keyDescription })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A number of replicas.' })
export class ScaleInput {
  @Field(() => ID, { description: 'Which service.' })
  serviceId: string;

  @Field(() => Int, { description: '0 to 1000.' })
  replicas: number;

  @Field(() => String, { nullable: true, description: reasonDescription })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: triggerDescription })
  triggerUrl?: string | null;

  @Field(() => String, { nullable: true, description: keyDescription })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Back to an earlier specification, replicas included.' })
export class RollbackInput {
  @Field(() => ID, { description: 'Which service.' })
  serviceId: string;

  @Field(() => ID, {
    nullable: true,
    description: 'To which. Default: the last that succeeded before the current one with another template.',
  })
  toDeploymentId?: string | null;

  @Field(() => String, { nullable: true, description: reasonDescription })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: triggerDescription })
  triggerUrl?: string | null;

  @Field(() => String, { nullable: true, description: keyDescription })
  idempotencyKey?: string | null;
}

@InputType({ description: 'The same again, with new pods.' })
export class RestartInput {
  @Field(() => ID, { description: 'Which service.' })
  serviceId: string;

  @Field(() => String, { nullable: true, description: reasonDescription })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: triggerDescription })
  triggerUrl?: string | null;

  @Field(() => String, { nullable: true, description: keyDescription })
  idempotencyKey?: string | null;
}

@InputType({
  description:
    'What was deployed, to the service of the same application and name in another environment, which keeps its replicas, variables, resources, volumes and domains.',
})
export class PromoteInput {
  @Field(() => ID, { description: 'What to promote.' })
  deploymentId: string;

  @Field(() => ID, { description: 'Where to.' })
  toEnvironmentId: string;

  @Field(() => String, { nullable: true, description: reasonDescription })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: triggerDescription })
  triggerUrl?: string | null;

  @Field(() => String, { nullable: true, description: keyDescription })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A rollout under way.' })
export class PauseRolloutInput {
  @Field(() => ID, { description: 'Its deployment.' })
  deploymentId: string;

  @Field(() => String, { nullable: true, description: 'For the audit log.' })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: keyDescription })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A canary to take on.' })
export class PromoteRolloutInput extends PauseRolloutInput {
  @Field(() => Boolean, {
    nullable: true,
    description: 'Pass all steps that are left. Default false: the next one.',
  })
  full?: boolean | null;
}

@InputType({ description: 'A paused rollout.' })
export class ResumeRolloutInput extends PauseRolloutInput {}

@InputType({ description: 'A rollout to give up.' })
export class AbortRolloutInput extends PauseRolloutInput {}

@InputType({ description: 'An instance for a service of the same environment.' })
export class BindInstanceInput {
  @Field(() => ID, { description: 'The instance.' })
  instanceId: string;

  @Field(() => ID, { description: 'The service.' })
  serviceId: string;

  @Field(() => String, {
    nullable: true,
    description: 'What the names of the variables begin with. Default: the name of the instance in capitals.',
  })
  prefix?: string | null;

  @Field(() => String, { nullable: true, description: keyDescription })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A binding to end.' })
export class UnbindInstanceInput {
  @Field(() => ID, { description: 'Which binding.' })
  bindingId: string;

  @Field(() => String, { nullable: true, description: keyDescription })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which deployments. All that is given must hold.' })
export class DeploymentFilter {
  @Field(() => ID, { nullable: true, description: 'Of this service.' })
  serviceId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this application.' })
  applicationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'On this cluster.' })
  clusterId?: string | null;

  @Field(() => ID, { nullable: true, description: 'In this landscape.' })
  landscapeId?: string | null;

  @Field(() => [DeploymentKindEnum], { nullable: true, description: 'Of one of these kinds.' })
  kinds?: DeploymentKind[] | null;

  @Field(() => [RolloutPhaseEnum], { nullable: true, description: 'In one of these phases, as recorded.' })
  phases?: RolloutPhase[] | null;
}

@ObjectType()
abstract class DeploymentPayload extends MutationPayload {
  @Field(() => Deployment, {
    nullable: true,
    description:
      'The new deployment. Null when refused; there, and FAILED, with userErrors when the cluster refused it.',
  })
  deployment?: Deployment | null;
}

@ObjectType({ description: 'What came of a deploy.' })
@Permission('signed-in')
export class DeployPayload extends DeploymentPayload {}

@ObjectType({ description: 'What came of a scale.' })
@Permission('signed-in')
export class ScalePayload extends DeploymentPayload {}

@ObjectType({ description: 'What came of a rollback.' })
@Permission('signed-in')
export class RollbackPayload extends DeploymentPayload {}

@ObjectType({ description: 'What came of a restart.' })
@Permission('signed-in')
export class RestartPayload extends DeploymentPayload {}

@ObjectType({ description: 'What came of a promote.' })
@Permission('signed-in')
export class PromotePayload extends DeploymentPayload {}

@ObjectType({ description: 'The paused deployment.' })
@Permission('signed-in')
export class PauseRolloutPayload extends DeploymentPayload {}

@ObjectType({ description: 'The resumed deployment.' })
@Permission('signed-in')
export class ResumeRolloutPayload extends DeploymentPayload {}

@ObjectType({ description: 'The promoted deployment.' })
@Permission('signed-in')
export class PromoteRolloutPayload extends DeploymentPayload {}

@ObjectType({ description: 'The aborted deployment.' })
@Permission('signed-in')
export class AbortRolloutPayload extends DeploymentPayload {
  @Field(() => Deployment, {
    nullable: true,
    description: 'The deployment that goes back to the last that succeeded; null when none ever did.',
  })
  rollback?: Deployment | null;
}

@ObjectType({ description: 'The binding and the deployment that brings it to the service.' })
@Permission('signed-in')
export class BindInstancePayload extends DeploymentPayload {
  @Field(() => Binding, { nullable: true, description: 'Null when refused.' })
  binding?: Binding | null;
}

@ObjectType({ description: 'The deployment that takes the variables away.' })
@Permission('signed-in')
export class UnbindInstancePayload extends DeploymentPayload {}
