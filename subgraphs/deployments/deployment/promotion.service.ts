import type { Caller } from '../../shared/caller.js';
import { BadUserInputError, NotFoundError } from '../../shared/errors.js';
import { scopeOf } from '../scope.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { ServiceSpec } from '../service/service-spec.js';
import type { DeploymentRepository } from './deployment.repository.js';
import type { DeploymentStarter, Started } from './deployment-starter.js';

/** What an environment decides for itself stays: replicas, variables, resources, volumes and domains. */
export function promotedSpec(source: ServiceSpec, target: ServiceSpec): ServiceSpec {
  return {
    ...source,
    replicas: target.replicas,
    environmentVariables: target.environmentVariables,
    requests: target.requests,
    limits: target.limits,
    volumes: target.volumes,
    ports: source.ports.map((port) => ({
      ...port,
      domain: target.ports.find(({ name }) => name === port.name)?.domain ?? null,
    })),
  };
}

export class PromotionService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly starter: DeploymentStarter,
  ) {}

  /** To the service of the same application and name in another environment. */
  async promote(
    caller: Caller,
    input: {
      deploymentId: string;
      toEnvironmentId: string;
      reason?: string | null;
      idempotencyKey?: string | null;
    },
  ): Promise<Started> {
    const set = await this.access.of(caller);
    set.requireFunctional('deployments.promote');
    const source = await this.deployments.find(input.deploymentId);
    if (!source || !set.allows('deployments.read', scopeOf(source))) {
      throw new NotFoundError('Deployment', input.deploymentId, ['input', 'deploymentId']);
    }
    const origin = await this.services.findEvenDeleted(source.serviceId);
    const candidates = await this.services.listByEnvironment(input.toEnvironmentId);
    const target = candidates.find(
      ({ name, applicationId, id }) =>
        name === origin?.name && applicationId === source.applicationId && id !== source.serviceId,
    );
    if (!target || !set.allows('services.read', scopeOf(target))) {
      throw BadUserInputError.at(
        ['input', 'toEnvironmentId'],
        `That environment has no service ${JSON.stringify(origin?.name ?? '')} of this application that you may see: create it there first.`,
      );
    }
    set.require('deployments.promote', scopeOf(target));
    return this.starter.start(set, target, {
      kind: 'PROMOTE',
      action: 'promote',
      reason: input.reason ?? null,
      source,
      spec: (current) => promotedSpec(source.spec, current),
      idempotency: { key: input.idempotencyKey, input },
    });
  }
}
