import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import { BadUserInputError, type InputProblem, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { PermissionSet } from '../../shared/permissions.js';
import { scopeOf } from '../scope.js';
import { inSpec, type SpecField } from '../service/rules/problem.js';
import { maximumReplicas } from '../service/rules/resource-rules.js';
import { mergedSpecProblems } from '../service/rules/spec-rules.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { ServiceSpec, ServiceSpecChange } from '../service/service-spec.js';
import { mergeSpec } from '../service/spec-merge.js';
import type { DeploymentEntity } from './deployment.entity.js';
import type { DeploymentRepository } from './deployment.repository.js';
import { originOf, requireReason } from './deployment-origin.js';
import type { StartRequest } from './deployment-starter.js';
import type { Promotion } from './promotion.js';

export interface ServiceInput {
  readonly serviceId: string;
  readonly reason?: string | null;
  readonly triggerUrl?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface DeployChange extends ServiceInput {
  readonly image?: string | null;
  readonly commit?: string | null;
  readonly spec?: ServiceSpecChange | null;
  readonly version?: number | null;
}

export interface PromoteChange {
  readonly deploymentId: string;
  readonly toEnvironmentId: string;
  readonly reason?: string | null;
  readonly triggerUrl?: string | null;
  readonly idempotencyKey?: string | null;
}

/** A deployment that the caller may ask for. */
export interface Requested {
  readonly set: PermissionSet;
  readonly service: ServiceEntity;
  readonly request: StartRequest;
  /** What is wrong with its specification as such. */
  readonly problems: readonly InputProblem[];
}

/**
 * From the input of a mutation to the deployment that it asks for: who may, and what it is to be. What makes it and
 * what plans it both begin here.
 */
export class DeploymentRequests {
  constructor(
    private readonly access: ServiceAccess,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly promotion: Promotion,
    private readonly clock: Clock,
  ) {}

  async deploy(caller: Caller, input: DeployChange): Promise<Requested> {
    const { set, service } = await this.access.require(caller, 'deployments.deploy', input.serviceId);
    const marker = this.#marker();
    const change = { ...input.spec, ...(input.image == null ? {} : { image: input.image }) };
    const merge = (current: ServiceSpec) => mergeSpec(current, change, { serviceName: service.name, marker });
    const merged = merge(service.spec);
    const fieldOf: SpecField = (path) =>
      input.image != null && path[0] === 'image' ? ['input', 'image'] : inSpec(path);
    return {
      set,
      service,
      problems: mergedSpecProblems(merged, fieldOf),
      request: {
        ...this.#base(input),
        kind: 'DEPLOY',
        action: 'deploy',
        spec: (current) => merge(current).spec,
        fieldOf,
        secrets: merged.secrets,
        expectedVersion: input.version,
      },
    };
  }

  async scale(caller: Caller, input: ServiceInput & { replicas: number }): Promise<Requested> {
    const { set, service } = await this.access.require(caller, 'deployments.scale', input.serviceId);
    const { replicas } = input;
    if (!Number.isInteger(replicas) || replicas < 0 || replicas > maximumReplicas) {
      throw BadUserInputError.at(
        ['input', 'replicas'],
        `replicas is ${replicas}: use 0 to ${maximumReplicas}.`,
      );
    }
    if (service.spec.autoscaling) {
      throw BadUserInputError.at(
        ['input', 'replicas'],
        'The service scales by itself: deploy it with other autoscaling.minReplicas and maxReplicas, or with autoscaling: null.',
      );
    }
    await this.#requireDeployed(service, 'scale');
    return {
      set,
      service,
      problems: [],
      request: {
        ...this.#base(input),
        kind: 'SCALE',
        action: 'scale',
        keepTemplate: true,
        spec: (current) => ({ ...current, replicas }),
      },
    };
  }

  async restart(caller: Caller, input: ServiceInput): Promise<Requested> {
    const { set, service } = await this.access.require(caller, 'deployments.restart', input.serviceId);
    await this.#requireDeployed(service, 'restart');
    return {
      set,
      service,
      problems: [],
      request: { ...this.#base(input), kind: 'RESTART', action: 'restart', spec: (current) => current },
    };
  }

  /** To the whole specification of an earlier deployment, replicas included. */
  async rollback(
    caller: Caller,
    input: ServiceInput & { toDeploymentId?: string | null },
  ): Promise<Requested> {
    const { set, service } = await this.access.require(caller, 'deployments.rollback', input.serviceId);
    const current = await this.#requireDeployed(service, 'roll back');
    const source = input.toDeploymentId
      ? await this.deployments.find(input.toDeploymentId)
      : await this.deployments.findSucceededBefore(current, { ofAnotherTemplate: true });
    if (input.toDeploymentId && source?.serviceId !== service.id) {
      throw new NotFoundError('Deployment', input.toDeploymentId, ['input', 'toDeploymentId']);
    }
    if (!source) {
      throw BadUserInputError.at(
        ['input', 'toDeploymentId'],
        'No earlier deployment of this service succeeded: name the one to go back to, or deploy.',
      );
    }
    return {
      set,
      service,
      problems: [],
      request: {
        ...this.#base(input),
        kind: 'ROLLBACK',
        action: 'rollback',
        source,
        spec: () => source.spec,
      },
    };
  }

  /** To the service of the same application and name in another environment. */
  async promote(caller: Caller, input: PromoteChange): Promise<Requested> {
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
    if (!origin || !target || !set.allows('services.read', scopeOf(target))) {
      throw BadUserInputError.at(
        ['input', 'toEnvironmentId'],
        `That environment has no service ${JSON.stringify(origin?.name ?? '')} of this application that you may see: create it there first.`,
      );
    }
    set.require('deployments.promote', scopeOf(target));
    const { spec, secrets } = await this.promotion.prepare(set.caller, {
      origin,
      source: source.spec,
      target,
      marker: this.#marker(),
    });
    return {
      set,
      service: target,
      problems: [],
      request: { ...this.#base(input), kind: 'PROMOTE', action: 'promote', source, spec, secrets },
    };
  }

  #base(input: Omit<ServiceInput, 'serviceId'> & Pick<DeployChange, 'commit'>) {
    requireReason(input.reason);
    return {
      reason: input.reason ?? null,
      origin: originOf(input),
      idempotency: { key: input.idempotencyKey, input },
    };
  }

  /** Names keys of new secret values. */
  #marker(): string {
    return newId('deployment', this.clock.now()).slice(-12);
  }

  /** The deployment that the service runs, or tries to. */
  async #requireDeployed(service: ServiceEntity, verb: string): Promise<DeploymentEntity> {
    const current = service.currentDeploymentId && (await this.deployments.find(service.currentDeploymentId));
    if (current) return current;
    throw BadUserInputError.at(
      ['input', 'serviceId'],
      `The service was never deployed, so there is nothing to ${verb}: deploy it first.`,
    );
  }
}
