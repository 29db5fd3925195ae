import type { Caller } from '../../shared/caller.js';
import type { Change, Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { BadUserInputError } from '../../shared/errors.js';
import type { Permissions } from '../../shared/permissions.js';
import { requireHeld } from '../role-binding/authority.js';
import type { RoleBindingRepository } from '../role-binding/role-binding.repository.js';
import type { SessionRepository } from '../session/session.repository.js';
import type { SignInThrottle } from '../session/sign-in-throttle.js';
import { requireSession } from '../session-only.js';
import { requirePassword } from '../text-rules.js';
import type { PasswordHasher } from './password-hasher.js';
import type { UserEntity } from './user.entity.js';
import type { UserRepository } from './user.repository.js';

export interface PasswordReset {
  readonly userId: string;
  readonly newPassword: string;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface PasswordServiceParts {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly bindings: RoleBindingRepository;
  readonly throttle: SignInThrottle;
  readonly passwords: PasswordHasher;
  readonly permissions: Permissions;
  readonly changes: Changes;
  readonly clock: Clock;
}

export class PasswordService {
  constructor(private readonly parts: PasswordServiceParts) {}

  /** One's own, knowing the current one. Ends the user's other sessions. */
  async change(caller: Caller, input: { currentPassword: string; newPassword: string }): Promise<UserEntity> {
    const { users, passwords, throttle, changes } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    const { userId, credentialId, address } = requireSession(permissions.caller, 'change a password');
    const user = await users.get(userId, []);
    // Whoever finds an open session must not be able to try passwords here either.
    await throttle.admit(user.login, address);
    if (!(await passwords.verify(user.passwordHash, input.currentPassword))) {
      throw BadUserInputError.at(['input', 'currentPassword'], 'The current password is not this one.');
    }
    await throttle.succeeded(user.login, address);
    const passwordHash = await passwords.hash(
      requirePassword(input.newPassword, user.login, ['input', 'newPassword']),
    );
    return changes.run(permissions.caller, { action: 'changePassword' }, (change) =>
      this.#set(change, user, passwordHash, credentialId),
    );
  }

  /**
   * Somebody else's, who forgot it. Whoever sets a password can sign in with it, so this needs all that the other
   * may do.
   */
  async reset(caller: Caller, { newPassword, idempotencyKey, ...input }: PasswordReset): Promise<UserEntity> {
    const { users, bindings, passwords, changes } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    permissions.require('users.manage');
    requireSession(permissions.caller, 'reset a password');
    if (input.userId === permissions.caller.userId) {
      throw BadUserInputError.at(
        ['input', 'userId'],
        'This is you: use changePassword for your own password.',
      );
    }
    const user = await users.get(input.userId, ['input', 'userId']);
    const passwordHash = await passwords.hash(
      requirePassword(newPassword, user.login, ['input', 'newPassword']),
    );
    // Without the password: what the idempotency key remembers is a hash that is quick to guess against.
    const idempotency = {
      key: idempotencyKey,
      input,
      replay: (id: string, transaction: Transaction) => users.get(id, [], transaction),
    };
    return changes.run(permissions.caller, { action: 'resetPassword', idempotency }, async (change) => {
      for (const given of await bindings.listGivenTo(change.transaction, { userId: user.id })) {
        if (given.effect === 'ALLOW') requireHeld(permissions, given.permissions, given);
      }
      return this.#set(change, user, passwordHash, undefined, input.reason);
    });
  }

  async #set(
    { transaction, audit, notify }: Change,
    user: UserEntity,
    passwordHash: string,
    keptSessionId: string | undefined,
    reason?: string | null,
  ): Promise<UserEntity> {
    const { users, sessions, clock } = this.parts;
    const at = new Date(clock.now());
    const changed = await users.update(transaction, user, { passwordHash, updatedAt: at });
    await sessions.revokeAll(transaction, user.id, at, keptSessionId);
    audit({ targetType: 'User', targetId: user.id, targetName: user.login, reason: reason ?? null });
    notify({ type: 'identity.changed', userId: user.id });
    return changed;
  }
}
