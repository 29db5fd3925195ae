import type { Caller } from '../../shared/caller.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import { scopeOf } from '../scope.js';
import type { ServiceEntity } from './service.entity.js';
import type { ServiceRepository } from './service.repository.js';

/** Says who may do what with one service: functional and data permission, with absence and secrecy looking alike. */
export class ServiceAccess {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly services: Pick<ServiceRepository, 'find' | 'findTogether'>,
  ) {}

  of(caller: Caller): Promise<PermissionSet> {
    return this.permissions.of(caller);
  }

  /** Throws ForbiddenError or NotFoundError. `readPermission` is what it takes to know of the service. */
  async require(
    caller: Caller,
    permission: PermissionName,
    serviceId: string,
    field: readonly string[] = ['input', 'serviceId'],
  ): Promise<{ set: PermissionSet; service: ServiceEntity }> {
    const set = await this.permissions.of(caller);
    set.requireFunctional(permission);
    const service = await this.services.find(serviceId);
    requireOn(set, permission, serviceId, service, field);
    return { set, service: service as ServiceEntity };
  }

  /** The same of a stream that is open, with all streams that are looked at at the same moment. */
  async recheck(caller: Caller, permission: PermissionName, serviceId: string): Promise<void> {
    const set = await this.permissions.of(caller);
    set.requireFunctional(permission);
    requireOn(set, permission, serviceId, await this.services.findTogether(serviceId), ['serviceId']);
  }
}

function requireOn(
  set: PermissionSet,
  permission: PermissionName,
  serviceId: string,
  service: Readonly<ServiceEntity> | undefined,
  field: readonly string[],
): void {
  set.requireOn(permission, service && scopeOf(service), {
    kind: 'Service',
    id: serviceId,
    readPermission: 'services.read',
    field,
  });
}
