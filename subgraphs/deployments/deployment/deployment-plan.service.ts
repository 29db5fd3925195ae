import type { Caller } from '../../shared/caller.js';
import { changedFields, type FieldChangeValue } from '../../shared/changed-fields.js';
import { toUserErrors, type UserErrorValue } from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { listObjects } from '../../shared/kubernetes/objects.js';
import { resources } from '../../shared/kubernetes/resources.js';
import type { BindingRepository } from '../binding/binding.repository.js';
import type { Environments } from '../environments.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { ServiceSpec } from '../service/service-spec.js';
import { specProblems } from '../service/spec-rules.js';
import { isRefusal, type WorkloadApplier } from '../workload/workload.applier.js';
import { buildWorkload } from '../workload/workload.builder.js';
import type { WorkloadClient } from '../workload/workload.client.js';
import { type DeployChange, deployedSpec, specField } from './deployment.service.js';
import { boundOf } from './deployment-starter.js';
import { type QuotaFitValue, quotaFit } from './quota-fit.js';

export interface PlanValue {
  valid: boolean;
  diff: FieldChangeValue[];
  problems: UserErrorValue[];
  quota: QuotaFitValue[];
}

/** Says what a deploy would do, with nothing changed. */
export class DeploymentPlanService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly services: ServiceRepository,
    private readonly bindings: BindingRepository,
    private readonly environments: Environments,
    private readonly applier: WorkloadApplier,
    private readonly workloads: WorkloadClient,
    private readonly connections: Pick<Connections, 'get'>,
  ) {}

  async plan(caller: Caller, input: DeployChange): Promise<PlanValue> {
    const { service } = await this.access.require(caller, 'deployments.deploy', input.serviceId);
    const { spec } = deployedSpec(service.spec, input, service.name, 'plan');
    const diff = changedFields(service.spec, spec);
    const invalid = specProblems(spec, specField(input));
    if (invalid.length > 0) {
      const problems = invalid.map(({ field, message }) => ({
        code: 'BAD_USER_INPUT' as const,
        field: [...field],
        message,
      }));
      return { valid: false, diff, problems, quota: [] };
    }
    const [refused, conflicts, quota] = await Promise.all([
      this.#dryRun(service, spec),
      this.#routeConflicts(service, spec),
      this.#quota(service, spec),
    ]);
    const problems = [
      ...refused,
      ...conflicts,
      ...quota
        .filter(({ fits }) => !fits)
        .map(({ resource, needed, limit, used }) => ({
          code: 'QUOTA_EXCEEDED' as const,
          field: null,
          message: `The rollout needs ${needed} more ${resource} at its peak, but ${used} of ${limit} is in use.`,
        })),
    ];
    return { valid: problems.length === 0, diff, problems, quota };
  }

  async #dryRun(service: ServiceEntity, spec: ServiceSpec): Promise<UserErrorValue[]> {
    const bindings = await this.bindings.listByServices([service.id]);
    const objects = buildWorkload({
      service,
      deployment: { id: 'plan', templateId: 'plan', spec, bound: boundOf(bindings), paused: false },
      ingressDomain: await this.environments.ingressDomain(service.clusterId),
    });
    try {
      await this.applier.apply(service, objects, { dryRun: true });
      return [];
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return toUserErrors(error) ?? [];
    }
  }

  async #routeConflicts(service: ServiceEntity, spec: ServiceSpec): Promise<UserErrorValue[]> {
    const domains = spec.ports.flatMap(({ domain }) => domain ?? []);
    const others = await this.services.listByDomains(service.clusterId, domains, service.id);
    const taken = new Set(others.flatMap((other) => other.spec.ports.flatMap(({ domain }) => domain ?? [])));
    return domains
      .filter((domain) => taken.has(domain))
      .map((domain) => ({
        code: 'CONFLICT' as const,
        field: ['input', 'spec', 'ports'],
        message: `The host name ${domain} is another service's on this cluster: choose another.`,
      }));
  }

  async #quota(service: ServiceEntity, spec: ServiceSpec): Promise<QuotaFitValue[]> {
    const connection = await this.connections.get(service.clusterId);
    const [{ items }, state] = await Promise.all([
      listObjects(connection, resources.resourceQuotas, { namespace: service.namespace }),
      this.workloads.get(service),
    ]);
    return quotaFit(items, spec, state.pods.length);
  }
}
