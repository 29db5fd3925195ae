import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { quoted } from '../../shared/kubernetes/names.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import type { PublishedInstance, PublishedInstances } from '../../shared/published/instance.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentStarter, Started } from '../deployment/deployment-starter.js';
import { scopeOf } from '../scope.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { BindingEntity } from './binding.entity.js';
import type { BindingRepository } from './binding.repository.js';

const prefixPattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

export class BindingService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly access: ServiceAccess,
    private readonly services: ServiceRepository,
    private readonly bindings: BindingRepository,
    private readonly instances: Pick<PublishedInstances, 'find'>,
    private readonly starter: DeploymentStarter,
    private readonly clock: Clock,
  ) {}

  /** Bindings of services that the caller may see, grouped by service. */
  async listByServices(caller: Caller, serviceIds: readonly string[]): Promise<BindingEntity[]> {
    return this.#visible(await this.permissions.of(caller), await this.bindings.listByServices(serviceIds));
  }

  async listByInstances(caller: Caller, instanceIds: readonly string[]): Promise<BindingEntity[]> {
    return this.#visible(await this.permissions.of(caller), await this.bindings.listByInstances(instanceIds));
  }

  /** The binding and the deployment that brings its variables to the service. */
  async bind(
    caller: Caller,
    input: { instanceId: string; serviceId: string; prefix?: string | null; idempotencyKey?: string | null },
  ): Promise<Started & { binding: BindingEntity | null }> {
    const { set, service } = await this.access.require(caller, 'instances.bind', input.serviceId);
    const earlier = await this.#earlier(set, 'bindInstance', input);
    if (earlier) {
      return { ...earlier, binding: await this.#bindingOf(earlier.deployment, input.instanceId) };
    }
    const instance = await this.#requireInstance(set, input.instanceId, service);
    const prefix = input.prefix ?? instance.name.toUpperCase().replaceAll('-', '_');
    if (prefix.length > 60 || !prefixPattern.test(prefix)) {
      throw BadUserInputError.at(
        ['input', 'prefix'],
        `${quoted(prefix)} is not a prefix for environment variables: use letters, digits and "_", no digit first.`,
      );
    }
    const binding: BindingEntity = {
      id: newId('binding', this.clock.now()),
      instanceId: instance.id,
      serviceId: service.id,
      prefix,
      secret: instance.credentialsSecret,
      variables: instance.variables.map(({ name, key }) => ({
        name: `${prefix.replace(/_$/, '')}_${name}`,
        key,
      })),
      createdAt: new Date(this.clock.now()),
    };
    const started = await this.starter.start(set, service, {
      kind: 'DEPLOY',
      action: 'bindInstance',
      reason: `bind ${instance.name}`,
      spec: (current) => current,
      bindings: (current) => withBinding(current, binding, instance),
      before: async (transaction) => {
        // Once more: the service is locked now.
        withBinding(await this.bindings.listByServices([service.id], transaction), binding, instance);
        await this.bindings.insert(transaction, binding);
      },
      idempotency: { key: input.idempotencyKey, input },
    });
    return { ...started, binding: await this.#bindingOf(started.deployment, instance.id) };
  }

  /** The deployment that takes the variables away. */
  async unbind(
    caller: Caller,
    input: { bindingId: string; idempotencyKey?: string | null },
  ): Promise<Started> {
    const set = await this.permissions.of(caller);
    set.requireFunctional('instances.bind');
    const earlier = await this.#earlier(set, 'unbindInstance', input);
    if (earlier) return earlier;
    const binding = await this.bindings.find(input.bindingId);
    const service = binding && (await this.services.find(binding.serviceId));
    set.requireOn('instances.bind', service && scopeOf(service), {
      kind: 'Binding',
      id: input.bindingId,
      readPermission: 'services.read',
      field: ['input', 'bindingId'],
    });
    if (!binding || !service) throw new NotFoundError('Binding', input.bindingId);
    return this.starter.start(set, service, {
      kind: 'DEPLOY',
      action: 'unbindInstance',
      reason: 'unbind',
      spec: (current) => current,
      bindings: (current) => current.filter(({ id }) => id !== binding.id),
      before: async (transaction) => {
        if (!(await this.bindings.delete(transaction, binding.id))) {
          throw new NotFoundError('Binding', input.bindingId, ['input', 'bindingId']);
        }
      },
      idempotency: { key: input.idempotencyKey, input },
    });
  }

  /** A retry of what was done gets its answer, also when the binding or the instance is no more. */
  async #earlier(
    set: PermissionSet,
    action: string,
    input: { readonly idempotencyKey?: string | null },
  ): Promise<Started | undefined> {
    const earlier = await this.starter.earlier(set, {
      action,
      idempotency: { key: input.idempotencyKey, input },
    });
    return earlier && set.allows('deployments.read', scopeOf(earlier.deployment)) ? earlier : undefined;
  }

  async #requireInstance(set: PermissionSet, id: string, service: ServiceEntity): Promise<PublishedInstance> {
    const instance = await this.instances.find(id);
    const scope = instance && {
      projectId: instance.projectId,
      landscapeId: instance.landscapeId,
      clusterId: instance.clusterId,
    };
    if (!instance || !scope || !set.allows('instances.read', scope)) {
      throw new NotFoundError('Instance', id, ['input', 'instanceId']);
    }
    if (instance.environmentId !== service.environmentId) {
      throw BadUserInputError.at(
        ['input', 'instanceId'],
        `The instance ${quoted(instance.name)} is in another environment: its Secret can't be read from there. Bind one of the service's own environment.`,
      );
    }
    return instance;
  }

  /** What an earlier attempt with the same idempotency key had made is found again by what it bound. */
  async #bindingOf(deployment: DeploymentEntity, instanceId: string): Promise<BindingEntity | null> {
    const all = await this.bindings.listByServices([deployment.serviceId]);
    return all.find((binding) => binding.instanceId === instanceId) ?? null;
  }

  async #visible(set: PermissionSet, rows: BindingEntity[]): Promise<BindingEntity[]> {
    const services = await this.services.listByIdsEvenDeleted([...new Set(rows.map((row) => row.serviceId))]);
    const visible = new Set(
      services
        .filter((row) => !row.deletedAt && set.allows('services.read', scopeOf(row)))
        .map(({ id }) => id),
    );
    return rows.filter((row) => visible.has(row.serviceId));
  }
}

/** Throws ConflictError when the service is bound to the instance, or has a variable of one of the names by another. */
function withBinding(
  current: readonly BindingEntity[],
  binding: BindingEntity,
  instance: PublishedInstance,
): BindingEntity[] {
  if (current.some(({ instanceId }) => instanceId === instance.id)) {
    throw new ConflictError(`The service is bound to ${quoted(instance.name)} already: unbind it first.`, {
      field: ['input', 'instanceId'],
    });
  }
  const names = new Set(binding.variables.map(({ name }) => name));
  const other = current.find(({ variables }) => variables.some(({ name }) => names.has(name)));
  if (other) {
    throw new ConflictError(
      `Another binding of this service has the prefix ${quoted(other.prefix)}, which makes the same variables: choose another.`,
      { field: ['input', 'prefix'] },
    );
  }
  return [...current, binding];
}

/** What the GraphQL type is resolved from. */
export type BindingRow = BindingEntity;
