import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { Environments } from '../environments.js';
import { canaryOf } from '../rollout/canary.js';
import type { ServiceEntity } from '../service/service.entity.js';
import { deploymentLabel } from './labels.js';
import { buildWorkload } from './workload.builder.js';
import type { WorkloadClient } from './workload.client.js';
import type { WorkloadInput } from './workload-input.js';

/** A record, or what is to become one, as far as its workload depends on it. */
export type AssembledDeployment = Pick<
  DeploymentEntity,
  'id' | 'templateId' | 'spec' | 'bound' | 'paused' | 'baseId' | 'canaryStep' | 'canarySince'
>;

/** Gives the builder what it needs to know of the cluster and of earlier deployments. */
export class WorkloadAssembler {
  constructor(
    private readonly environments: Pick<Environments, 'ingressDomain'>,
    private readonly deployments: Pick<DeploymentRepository, 'find'>,
    private readonly workloads: Pick<WorkloadClient, 'get'>,
  ) {}

  /** The Kubernetes objects of a deployment, in the order to apply them. */
  async assemble(service: ServiceEntity, deployment: AssembledDeployment): Promise<KubernetesObject[]> {
    const [ingressDomain, scaledTo, canary] = await Promise.all([
      this.environments.ingressDomain(service.clusterId),
      this.#scaledTo(service, deployment),
      this.#canary(deployment),
    ]);
    return buildWorkload({ service, deployment: { ...deployment, canary }, ingressDomain, scaledTo });
  }

  /**
   * Only an autoscaler's will is kept: that of somebody else who has scaled is drift, and what a canary left to the
   * main workload is a part of the pods.
   */
  async #scaledTo(service: ServiceEntity, { spec }: AssembledDeployment): Promise<number | null> {
    if (!spec.autoscaling) return null;
    const { workload } = await this.workloads.get(service);
    const writer = workload?.metadata?.annotations?.[deploymentLabel];
    const written = writer === undefined ? undefined : await this.deployments.find(writer);
    return written?.spec.autoscaling ? (workload?.spec?.replicas ?? null) : null;
  }

  async #canary(deployment: AssembledDeployment): Promise<WorkloadInput['deployment']['canary']> {
    const state = canaryOf(deployment);
    if (!state) return null;
    const base = await this.deployments.find(state.baseId);
    if (!base) throw new Error(`deployment ${deployment.id} has a base that is not there: ${state.baseId}`);
    return { state, base: { templateId: base.templateId, spec: base.spec, bound: base.bound } };
  }
}
