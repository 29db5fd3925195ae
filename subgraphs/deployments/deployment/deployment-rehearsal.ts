import type { Caller } from '../../shared/caller.js';
import type { MeridianError } from '../../shared/errors.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import type { BindingEntity } from '../binding/binding.entity.js';
import type { BindingRepository } from '../binding/binding.repository.js';
import type { BoundVariables } from '../binding/bound-variables.js';
import type { Replacement } from '../preflight/rollout-moments.js';
import type { ServiceEntity } from '../service/service.entity.js';
import { isRefusal, type WorkloadApplier } from '../workload/workload.applier.js';
import type { WorkloadAssembler } from '../workload/workload.assembler.js';
import type { DeploymentRepository } from './deployment.repository.js';
import { boundOf, type NewDeployment, templateOf } from './deployment-recorder.js';

export type Rehearsed = Pick<NewDeployment, 'kind' | 'source' | 'spec' | 'keepTemplate'> & {
  /** Bindings as they will be. */
  readonly bindings?: ((current: BindingEntity[]) => BindingEntity[]) | undefined;
};

export interface Assembled {
  readonly objects: readonly KubernetesObject[];
  readonly bound: readonly BoundVariables[];
  /** What becomes of the pods that run. */
  readonly replacement: Replacement;
}

/** Asks the API server what it thinks of a deployment, with nothing changed. */
export class DeploymentRehearsal {
  constructor(
    private readonly deployments: Pick<DeploymentRepository, 'find'>,
    private readonly bindings: Pick<BindingRepository, 'listByServices'>,
    private readonly assembler: Pick<WorkloadAssembler, 'assemble'>,
    private readonly applier: Pick<WorkloadApplier, 'actingFor'>,
  ) {}

  /** What would be applied. `id` names the deployment as it would be. */
  async assemble(service: ServiceEntity, id: string, wanted: Rehearsed): Promise<Assembled> {
    const [previous, known] = await Promise.all([
      service.currentDeploymentId ? this.deployments.find(service.currentDeploymentId) : undefined,
      this.bindings.listByServices([service.id]),
    ]);
    const bound = boundOf(wanted.bindings?.(known) ?? known);
    const template = templateOf(id, { ...wanted, bound }, previous);
    const deployment = { ...template, id, spec: wanted.spec, bound, paused: false };
    const objects = await this.assembler.assemble(service, deployment);
    const keepsPods = template.templateId === previous?.templateId;
    const replacement = template.baseId !== null ? 'CANARY' : keepsPods ? 'SCALED' : 'REPLACED';
    return { objects, bound, replacement };
  }

  /** The API server's refusal; throws when it gives no answer. */
  async refusalOf(
    caller: Caller,
    service: ServiceEntity,
    objects: readonly KubernetesObject[],
  ): Promise<MeridianError | undefined> {
    try {
      await this.applier.actingFor(caller).rehearse(service, objects);
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  }
}
