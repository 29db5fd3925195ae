import { randomBytes } from 'node:crypto';
import { AuditEventEntity, appendAuditEvent } from '../../shared/audit.js';
import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { newId } from '../../shared/ids.js';
import type { RoleRepository } from '../role/role.repository.js';
import type { RoleBindingRepository } from '../role-binding/role-binding.repository.js';
import type { PasswordHasher } from './password-hasher.js';
import { UserEntity } from './user.entity.js';
import type { UserRepository } from './user.repository.js';

export interface FirstAdministrator {
  readonly login: string;
  /** To be shown once; null when a password was given, or when there have been users before. */
  readonly generatedPassword: string | null;
  readonly created: boolean;
}

const login = 'admin';
const action = 'createFirstAdministrator';
const lock = 7_301_852_013;

export interface FirstAdministratorParts {
  readonly database: Database;
  readonly users: UserRepository;
  readonly roles: RoleRepository;
  readonly bindings: RoleBindingRepository;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
}

/**
 * Creates `admin` as platform-admin when there has never been a user. Once it was made it never comes back, even if
 * somebody empties the table: the append-only audit log remembers.
 */
export async function ensureFirstAdministrator(
  parts: FirstAdministratorParts,
  password: string | null,
): Promise<FirstAdministrator> {
  const chosen = password ?? randomBytes(15).toString('base64url');
  return parts.database.transaction(async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [lock]);
    const hasBeen =
      (await transaction.existsBy(AuditEventEntity, { action })) || (await transaction.exists(UserEntity));
    if (hasBeen) return { login, generatedPassword: null, created: false };
    const at = new Date(parts.clock.now());
    const user = await parts.users.insert(transaction, {
      id: newId('user', at.getTime()),
      login,
      displayName: 'Administrator',
      email: null,
      passwordHash: await parts.passwords.hash(chosen),
      disabled: false,
      createdAt: at,
      updatedAt: at,
      version: 1,
    });
    const role = await parts.roles.getByName('platform-admin', [], transaction);
    await parts.bindings.insert(transaction, {
      id: newId('binding', at.getTime()),
      roleId: role.id,
      userId: user.id,
      teamId: null,
      effect: 'ALLOW',
      clusterId: null,
      projectId: null,
      landscapeId: null,
      applicationId: null,
      createdAt: at,
    });
    await appendAuditEvent(
      transaction,
      { userId: null, requestId: 'start', address: null },
      { action, result: 'DONE', at, targetType: 'User', targetId: user.id, targetName: login },
    );
    return { login, generatedPassword: password === null ? chosen : null, created: true };
  });
}
