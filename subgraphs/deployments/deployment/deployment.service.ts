import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import { BadUserInputError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import type { Permissions } from '../../shared/permissions.js';
import { scopeOf } from '../scope.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { ServiceSpec, ServiceSpecChange } from '../service/service-spec.js';
import { mergeSpec } from '../service/spec-merge.js';
import { maximumReplicas, requireValidSpec } from '../service/spec-rules.js';
import type { DeploymentEntity } from './deployment.entity.js';
import type { DeploymentListFilter, DeploymentRepository } from './deployment.repository.js';
import type { DeploymentStarter, Started } from './deployment-starter.js';

interface ServiceInput {
  readonly serviceId: string;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface DeployChange extends ServiceInput {
  readonly image?: string | null;
  readonly spec?: ServiceSpecChange | null;
  readonly version?: number | null;
}

/** The merged and checked specification of a deploy, and the secret values that go with it. */
export function deployedSpec(
  current: ServiceSpec,
  input: Pick<DeployChange, 'image' | 'spec'>,
  serviceName: string,
  marker: string,
) {
  const change = { ...input.spec, ...(input.image == null ? {} : { image: input.image }) };
  const merged = mergeSpec(current, change, { serviceName, marker });
  return merged;
}

export const specField = (input: Pick<DeployChange, 'image'>): readonly string[] =>
  input.image == null ? ['input', 'spec'] : ['input'];

export class DeploymentService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly access: ServiceAccess,
    private readonly deployments: DeploymentRepository,
    private readonly starter: DeploymentStarter,
    private readonly clock: Clock,
  ) {}

  /** Of the given ids those that exist and may be seen. */
  async listByIds(caller: Caller, ids: readonly string[]): Promise<DeploymentEntity[]> {
    const set = await this.permissions.of(caller);
    const rows = await this.deployments.listByIds(ids);
    return rows.filter((row) => set.allows('deployments.read', scopeOf(row)));
  }

  async find(caller: Caller, id: string): Promise<DeploymentEntity | undefined> {
    return (await this.listByIds(caller, [id]))[0];
  }

  async get(caller: Caller, id: string): Promise<DeploymentEntity> {
    const set = await this.permissions.of(caller);
    set.requireFunctional('deployments.read');
    const row = await this.find(caller, id);
    if (!row) throw new NotFoundError('Deployment', id, ['deploymentId']);
    return row;
  }

  async list(
    caller: Caller,
    filter: DeploymentListFilter,
    page: PageArguments,
  ): Promise<Page<DeploymentEntity>> {
    const set = await this.permissions.of(caller);
    return this.deployments.list(filter, set.filter('deployments.read'), page);
  }

  async listByService(
    caller: Caller,
    service: ServiceEntity,
    page: PageArguments,
  ): Promise<Page<DeploymentEntity>> {
    const set = await this.permissions.of(caller);
    set.require('deployments.read', scopeOf(service));
    return this.deployments.listByService(service.id, page);
  }

  async deploy(caller: Caller, input: DeployChange): Promise<Started> {
    const { set, service } = await this.access.require(caller, 'deployments.deploy', input.serviceId);
    const marker = newId('deployment', this.clock.now()).slice(-12);
    const merge = (current: ServiceSpec) => deployedSpec(current, input, service.name, marker);
    const merged = merge(service.spec);
    requireValidSpec(merged.spec, specField(input));
    return this.starter.start(set, service, {
      kind: 'DEPLOY',
      action: 'deploy',
      reason: input.reason ?? null,
      spec: (current) => merge(current).spec,
      secrets: merged.secrets,
      expectedVersion: input.version,
      idempotency: { key: input.idempotencyKey, input },
    });
  }

  async scale(caller: Caller, input: ServiceInput & { replicas: number }): Promise<Started> {
    const { set, service } = await this.access.require(caller, 'deployments.scale', input.serviceId);
    const { replicas } = input;
    if (!Number.isInteger(replicas) || replicas < 0 || replicas > maximumReplicas) {
      throw BadUserInputError.at(
        ['input', 'replicas'],
        `replicas is ${replicas}: use 0 to ${maximumReplicas}.`,
      );
    }
    await this.#requireDeployed(service, 'scale');
    return this.starter.start(set, service, {
      kind: 'SCALE',
      action: 'scale',
      reason: input.reason ?? null,
      keepTemplate: true,
      spec: (current) => ({ ...current, replicas }),
      idempotency: { key: input.idempotencyKey, input },
    });
  }

  async restart(caller: Caller, input: ServiceInput): Promise<Started> {
    const { set, service } = await this.access.require(caller, 'deployments.restart', input.serviceId);
    await this.#requireDeployed(service, 'restart');
    return this.starter.start(set, service, {
      kind: 'RESTART',
      action: 'restart',
      reason: input.reason ?? null,
      spec: (current) => current,
      idempotency: { key: input.idempotencyKey, input },
    });
  }

  /** To the whole specification of an earlier deployment, replicas included. */
  async rollback(caller: Caller, input: ServiceInput & { toDeploymentId?: string | null }): Promise<Started> {
    const { set, service } = await this.access.require(caller, 'deployments.rollback', input.serviceId);
    const current = await this.#requireDeployed(service, 'roll back');
    const source = input.toDeploymentId
      ? await this.deployments.find(input.toDeploymentId)
      : await this.deployments.findSucceededBefore(service.id, current.number, current.templateId);
    if (input.toDeploymentId && source?.serviceId !== service.id) {
      throw new NotFoundError('Deployment', input.toDeploymentId, ['input', 'toDeploymentId']);
    }
    if (!source) {
      throw BadUserInputError.at(
        ['input', 'toDeploymentId'],
        'No earlier deployment of this service succeeded: name the one to go back to, or deploy.',
      );
    }
    return this.starter.start(set, service, {
      kind: 'ROLLBACK',
      action: 'rollback',
      reason: input.reason ?? null,
      source,
      spec: () => source.spec,
      idempotency: { key: input.idempotencyKey, input },
    });
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

/** What the GraphQL type is resolved from. */
export type DeploymentRow = DeploymentEntity;
