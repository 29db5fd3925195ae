import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Attempt, Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { isUniqueViolation } from '../../shared/database.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { quoted, requireServiceName } from '../../shared/kubernetes/names.js';
import type { Logger } from '../../shared/logger.js';
import type { Permissions } from '../../shared/permissions.js';
import { type ApplicationRepository } from '../application/application.repository.js';
import { applicationScope } from '../application/application.service.js';
import type { BindingRepository } from '../binding/binding.repository.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import { requireReason } from '../deployment/deployment-origin.js';
import type { Environments } from '../environments.js';
import type { PagesSource } from '../pages-of-each.js';
import type { RouteRepository } from '../route/route.repository.js';
import { scopeOf } from '../scope.js';
import type { WorkloadApplier } from '../workload/workload.applier.js';
import type { WorkloadReconciler } from '../workload/workload.reconciler.js';
import { requireValidSpec } from './rules/spec-rules.js';
import type { SecretValues } from './secret-values.js';
import type { ServiceEntity } from './service.entity.js';
import type { ServiceParent, ServiceRepository } from './service.repository.js';
import type { ServiceAccess } from './service-access.js';
import type { ServiceSpecChange } from './service-spec.js';
import { mergeSpec } from './spec-merge.js';

export interface CreateService {
  readonly applicationId: string;
  readonly environmentId: string;
  readonly name: string;
  readonly spec: ServiceSpecChange;
  readonly idempotencyKey?: string | null;
}

export class ServiceService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly access: ServiceAccess,
    private readonly changes: Changes,
    private readonly services: ServiceRepository,
    private readonly applications: ApplicationRepository,
    private readonly deployments: DeploymentRepository,
    private readonly bindings: BindingRepository,
    private readonly routes: RouteRepository,
    private readonly environments: Environments,
    private readonly secretValues: Pick<SecretValues, 'add'>,
    private readonly applier: WorkloadApplier,
    private readonly reconciler: WorkloadReconciler,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Of the given ids those that exist, deleted ones included, and may be seen. */
  async listByIds(caller: Caller, ids: readonly string[]): Promise<ServiceEntity[]> {
    const set = await this.permissions.of(caller);
    const rows = await this.services.listByIdsEvenDeleted(ids);
    return rows.filter((row) => set.allows('services.read', scopeOf(row)));
  }

  async find(caller: Caller, id: string): Promise<ServiceEntity | undefined> {
    const [row] = await this.listByIds(caller, [id]);
    return row?.deletedAt ? undefined : row;
  }

  /** Pages of the services of each of many applications or environments, by name. */
  ofEach(caller: Caller, parent: ServiceParent): PagesSource<ServiceEntity> {
    const permitted = async () => (await this.permissions.of(caller)).filter('services.read');
    return {
      rows: async (ids, { after }, limit) =>
        this.services.listOfEach(parent, ids, await permitted(), after, limit),
      counts: async (ids) => this.services.countOfEach(parent, ids, await permitted()),
      parentOf: (row) => row[parent],
      placeOf: (row) => [row.name, row.id],
    };
  }

  /** Nothing runs yet; values of secret variables are in the cluster already. */
  async create(caller: Caller, input: CreateService): Promise<ServiceEntity> {
    const set = await this.permissions.of(caller);
    set.requireFunctional('services.create');
    const [application, environment] = await Promise.all([
      this.applications.find(input.applicationId),
      this.environments.find(input.environmentId),
    ]);
    if (!application || !set.allows('applications.read', applicationScope(application))) {
      throw new NotFoundError('Application', input.applicationId, ['input', 'applicationId']);
    }
    const scope = environment && {
      projectId: environment.projectId,
      landscapeId: environment.landscapeId,
      clusterId: environment.clusterId,
      applicationId: application.id,
    };
    set.requireOn('services.create', scope, {
      kind: 'Environment',
      id: input.environmentId,
      readPermission: 'environments.read',
      field: ['input', 'environmentId'],
    });
    if (!environment || !scope) throw new NotFoundError('Environment', input.environmentId);
    if (environment.projectId !== application.projectId) {
      throw new NotFoundError('Environment', input.environmentId, ['input', 'environmentId']);
    }
    requireServiceName(input.name, ['input', 'name']);
    const id = newId('service', this.clock.now());
    const merged = mergeSpec(undefined, input.spec, {
      serviceName: input.name,
      marker: id.slice(-12),
    });
    requireValidSpec(merged);
    const { spec, secrets } = merged;
    const now = new Date(this.clock.now());
    const row: ServiceEntity = {
      id,
      name: input.name,
      ...scope,
      environmentId: environment.id,
      namespace: environment.namespace,
      spec,
      currentDeploymentId: null,
      lastNumber: 0,
      version: 1,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
      removedAt: null,
    };
    try {
      return await this.changes.run(
        set.caller,
        this.#attempt('createService', input),
        async ({ transaction, audit, notify }) => {
          await this.services.insert(transaction, row);
          // Last, so that a name that is taken writes nothing to the other's Secret.
          await this.secretValues.add(set.caller, row, secrets);
          audit({ ...target(row), changes: changedFields({}, spec, 'spec') });
          notify({ type: 'service.changed', serviceId: row.id });
          return row;
        },
      );
    } catch (error) {
      if (!isUniqueViolation(error, 'service_name_unique')) throw error;
      throw new ConflictError(
        `The environment has a service named ${quoted(input.name)} already: choose another name.`,
        { field: ['input', 'name'] },
      );
    }
  }

  /** What runs is removed, its data included; its deployments stay. */
  async delete(
    caller: Caller,
    input: { serviceId: string; reason?: string | null; idempotencyKey?: string | null },
  ): Promise<ServiceEntity> {
    requireReason(input.reason);
    const { caller: asker } = await this.permissions.of(caller);
    const attempt = this.#attempt('deleteService', input);
    const earlier = await this.changes.earlier(asker, attempt);
    if (earlier) return earlier;
    const { set, service } = await this.access.require(caller, 'services.delete', input.serviceId);
    await this.applier.actingFor(set.caller).requireRemovable(service);
    const now = new Date(this.clock.now());
    await this.changes.run(set.caller, attempt, async ({ transaction, audit, notify }) => {
      const row = await this.services.lock(transaction, service.id);
      if (!row) throw new NotFoundError('Service', service.id, ['input', 'serviceId']);
      for (const id of await this.deployments.listUnfinishedIds(transaction, row.id)) {
        await this.deployments.finish(transaction, id, 'ABORTED', {
          at: now,
          result: null,
          lines: [{ at: now, level: 'WARNING', message: 'The service was deleted.' }],
        });
        notify({ type: 'deployment.changed', deploymentId: id, serviceId: row.id });
      }
      await this.bindings.deleteByService(transaction, row.id);
      await this.routes.release(transaction, row.id);
      await this.services.update(transaction, row.id, { deletedAt: now, updatedAt: now });
      audit({ ...target(row), reason: input.reason ?? null });
      notify({ type: 'service.changed', serviceId: row.id });
      return row;
    });
    await this.reconciler
      .reconcile(service.id, set.caller)
      .catch((error) => this.logger.warn({ error, service: service.id }, 'service will be removed later'));
    return service;
  }

  #attempt(action: string, input: { idempotencyKey?: string | null }): Attempt<ServiceEntity> {
    const replay = async (id: string) => (await this.services.findEvenDeleted(id)) as ServiceEntity;
    return { action, idempotency: { key: input.idempotencyKey, input, replay } };
  }
}

const target = (row: ServiceEntity) => ({
  targetType: 'Service',
  targetId: row.id,
  targetName: row.name,
  projectId: row.projectId,
});

/** What the GraphQL type is resolved from. */
export type ServiceRow = ServiceEntity;
