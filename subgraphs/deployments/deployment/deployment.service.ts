import type { Caller } from '../../shared/caller.js';
import { BadUserInputError, NotFoundError } from '../../shared/errors.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import type { Permissions } from '../../shared/permissions.js';
import type { PagesSource } from '../pages-of-each.js';
import { scopeOf } from '../scope.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { DeploymentEntity } from './deployment.entity.js';
import type { DeploymentListFilter, DeploymentRepository } from './deployment.repository.js';
import type {
  DeployChange,
  DeploymentRequests,
  PromoteChange,
  Requested,
  ServiceInput,
} from './deployment-requests.js';
import type { DeploymentStarter, Started } from './deployment-starter.js';

export class DeploymentService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly deployments: DeploymentRepository,
    private readonly requests: DeploymentRequests,
    private readonly starter: DeploymentStarter,
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

  /** What `get` checks, of a stream that is open: with all streams that are looked at at the same moment. */
  async recheck(caller: Caller, id: string): Promise<void> {
    const set = await this.permissions.of(caller);
    set.requireFunctional('deployments.read');
    const row = await this.deployments.findTogether(id);
    if (!row || !set.allows('deployments.read', scopeOf(row))) {
      throw new NotFoundError('Deployment', id, ['deploymentId']);
    }
  }

  async list(
    caller: Caller,
    filter: DeploymentListFilter,
    page: PageArguments,
  ): Promise<Page<DeploymentEntity>> {
    const set = await this.permissions.of(caller);
    return this.deployments.list(filter, set.filter('deployments.read'), page);
  }

  /** Pages of the deployments of each of many services that the caller may see, newest first. */
  ofServices(): PagesSource<DeploymentEntity> {
    return {
      rows: (ids, { after }, limit) => this.deployments.listByServices(ids, after, limit),
      counts: (ids) => this.deployments.countByServices(ids),
      parentOf: (row) => row.serviceId,
      placeOf: (row) => [row.number],
    };
  }

  /** Throws unless the caller may see the deployments of the service. */
  async requireReadable(caller: Caller, service: ServiceEntity): Promise<void> {
    (await this.permissions.of(caller)).require('deployments.read', scopeOf(service));
  }

  async deploy(caller: Caller, input: DeployChange): Promise<Started> {
    return this.#once(caller, 'deploy', input, () => this.requests.deploy(caller, input));
  }

  async scale(caller: Caller, input: ServiceInput & { replicas: number }): Promise<Started> {
    return this.#once(caller, 'scale', input, () => this.requests.scale(caller, input));
  }

  async restart(caller: Caller, input: ServiceInput): Promise<Started> {
    return this.#once(caller, 'restart', input, () => this.requests.restart(caller, input));
  }

  async rollback(caller: Caller, input: ServiceInput & { toDeploymentId?: string | null }): Promise<Started> {
    return this.#once(caller, 'rollback', input, () => this.requests.rollback(caller, input));
  }

  async promote(caller: Caller, input: PromoteChange): Promise<Started> {
    return this.#once(caller, 'promote', input, () => this.requests.promote(caller, input));
  }

  /** A retry of what was done gets its answer, whatever has become of the service since. */
  async #once(
    caller: Caller,
    action: string,
    input: { readonly idempotencyKey?: string | null },
    request: () => Promise<Requested>,
  ): Promise<Started> {
    const asker = await this.permissions.of(caller);
    const earlier = await this.starter.earlier(asker, {
      action,
      idempotency: { key: input.idempotencyKey, input },
    });
    if (earlier && asker.allows('deployments.read', scopeOf(earlier.deployment))) return earlier;
    const { set, service, request: wanted, problems } = await request();
    if (problems.length > 0) throw new BadUserInputError(problems);
    return this.starter.start(set, service, wanted);
  }
}

/** What the GraphQL type is resolved from. */
export type DeploymentRow = DeploymentEntity;
