import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { notifyDomainEvent } from '../../shared/domain-events.js';
import { builtInRoles } from './built-in-roles.js';
import type { RoleRepository } from './role.repository.js';

/** Brings the stored built-in roles to what the code says, at start. Any number of processes may do it at once. */
export async function seedBuiltInRoles(
  database: Database,
  roles: RoleRepository,
  clock: Clock,
): Promise<void> {
  const at = new Date(clock.now());
  await database.transaction(async (transaction) => {
    let changed = false;
    for (const role of builtInRoles) changed = (await roles.keepBuiltIn(transaction, role, at)) || changed;
    if (changed) await notifyDomainEvent(transaction, { type: 'identity.changed', userId: null });
  });
}
