import type { Caller } from '../../shared/caller.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import { scopeOf } from '../scope.js';
import type { ServiceEntity } from './service.entity.js';

/** Says who may do what with one service: functional and data permission, with absence and secrecy looking alike. */
export class ServiceAccess {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly services: { find(id: string): Promise<ServiceEntity | undefined> },
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
    set.requireOn(permission, service && scopeOf(service), {
      kind: 'Service',
      id: serviceId,
      readPermission: 'services.read',
      field,
    });
    return { set, service: service as ServiceEntity };
  }
}
