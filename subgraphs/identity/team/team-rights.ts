import type { Transaction } from '../../shared/database.js';
import type { PermissionSet } from '../../shared/permissions.js';
import type { AdministratorRepository } from '../role-binding/administrator.repository.js';
import { requireHeld, requireMayDeny } from '../role-binding/authority.js';
import type { RoleBindingRepository } from '../role-binding/role-binding.repository.js';

/** Who joins a team gets its roles, and who leaves it loses its denials: the rules of role bindings hold for both. */
export class TeamRights {
  constructor(
    private readonly bindings: RoleBindingRepository,
    private readonly administrators: AdministratorRepository,
  ) {}

  async requireMayAdd(
    transaction: Transaction,
    permissions: PermissionSet,
    teamId: string,
    userIds: readonly string[],
  ): Promise<void> {
    for (const given of await this.bindings.listGivenTo(transaction, { teamId })) {
      if (given.effect === 'ALLOW') requireHeld(permissions, given.permissions, given);
      else requireMayDeny(permissions, userIds.includes(permissions.caller.userId));
    }
  }

  async requireMayRemove(
    transaction: Transaction,
    permissions: PermissionSet,
    teamId: string,
    userIds: readonly string[],
  ): Promise<void> {
    const given = await this.bindings.listGivenTo(transaction, { teamId });
    if (given.some(({ effect }) => effect === 'DENY')) {
      requireMayDeny(permissions, userIds.includes(permissions.caller.userId));
    }
  }

  requireAdministratorLeft(transaction: Transaction): Promise<void> {
    return this.administrators.requireOne(transaction);
  }
}
