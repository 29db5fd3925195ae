import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Change, Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { ForbiddenError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import type { Permissions } from '../../shared/permissions.js';
import { requireLine } from '../../shared/text-rules.js';
import { requireVersion } from '../../shared/versions.js';
import type { AdministratorRepository } from '../role-binding/administrator.repository.js';
import type { SessionRepository } from '../session/session.repository.js';
import { optionalEmail, requireLogin, requirePassword } from '../text-rules.js';
import type { PasswordHasher } from './password-hasher.js';
import type { UserEntity } from './user.entity.js';
import type { UserCriteria, UserRepository } from './user.repository.js';

export interface NewUser {
  readonly login: string;
  readonly password: string;
  readonly displayName?: string | null;
  readonly email?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface UserUpdate {
  readonly userId: string;
  readonly displayName?: string | null;
  readonly email?: string | null;
  readonly version?: number | null;
  readonly idempotencyKey?: string | null;
}

export interface UserSwitch {
  readonly userId: string;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface UserServiceParts {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly administrators: AdministratorRepository;
  readonly passwords: PasswordHasher;
  readonly permissions: Permissions;
  readonly changes: Changes;
  readonly clock: Clock;
}

const idField = ['input', 'userId'];

export class UserService {
  constructor(private readonly parts: UserServiceParts) {}

  /**
   * The directory: who may read users anywhere may find everybody by name, so that a project's owner can add members.
   * What goes beyond the name needs the permission for the whole platform.
   */
  async list(caller: Caller, page: PageArguments, criteria: UserCriteria): Promise<Page<UserEntity>> {
    const permissions = await this.parts.permissions.of(caller);
    permissions.requireFunctional('users.read');
    if (criteria.disabled != null) permissions.require('users.read');
    if (criteria.teamId != null) permissions.requireFunctional('teams.read');
    return this.parts.users.list(criteria, page);
  }

  /** Names are common knowledge among those who are signed in. */
  async listByIds(caller: Caller, ids: readonly string[]): Promise<UserEntity[]> {
    await this.parts.permissions.of(caller);
    return this.parts.users.listByIds(ids);
  }

  /** More than the name of a user: oneself, or with users.read for the whole platform. */
  async maySeeDetails(caller: Caller, userId: string): Promise<boolean> {
    const permissions = await this.parts.permissions.of(caller);
    return permissions.caller.userId === userId || permissions.allows('users.read', {});
  }

  async requireDetails(caller: Caller, userId: string): Promise<void> {
    if (!(await this.maySeeDetails(caller, userId))) throw new ForbiddenError('users.read');
  }

  async create(caller: Caller, { password, idempotencyKey, ...input }: NewUser): Promise<UserEntity> {
    const { users, passwords, changes } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    permissions.require('users.manage');
    const login = requireLogin(input.login, ['input', 'login']);
    const displayName = requireLine(input.displayName ?? login, ['input', 'displayName']);
    const email = optionalEmail(input.email, ['input', 'email']);
    const passwordHash = await passwords.hash(requirePassword(password, login, ['input', 'password']));
    // The password stays out of what the idempotency key remembers: that hash is quick to guess against.
    const idempotency = {
      key: idempotencyKey,
      input,
      replay: (id: string, transaction: Transaction) => users.get(id, idField, transaction),
    };
    return changes.run(permissions.caller, { action: 'createUser', idempotency }, async (change) => {
      const at = new Date(this.parts.clock.now());
      const user = await users.insert(change.transaction, {
        id: newId('user', at.getTime()),
        login,
        displayName,
        email,
        passwordHash,
        disabled: false,
        createdAt: at,
        updatedAt: at,
        version: 1,
      });
      record(change, user, changedFields({}, { login, displayName, email }));
      return user;
    });
  }

  async update(caller: Caller, input: UserUpdate): Promise<UserEntity> {
    const displayName =
      input.displayName == null ? undefined : requireLine(input.displayName, ['input', 'displayName']);
    const email = input.email === undefined ? undefined : optionalEmail(input.email, ['input', 'email']);
    return this.#change(caller, 'updateUser', input, async (change, user) => {
      requireVersion('user', user, input.version);
      const patch = {
        ...(displayName === undefined ? {} : { displayName }),
        ...(email === undefined ? {} : { email }),
      };
      const changed = await this.#write(change, user, patch);
      const before = { displayName: user.displayName, email: user.email };
      record(change, changed, changedFields(before, { ...before, ...patch }));
      return changed;
    });
  }

  /** Ends the user's sessions; access tokens do not count while the user is disabled. */
  async disable(caller: Caller, input: UserSwitch): Promise<UserEntity> {
    return this.#change(caller, 'disableUser', input, async (change, user) => {
      const { sessions, administrators, clock } = this.parts;
      const changed = user.disabled ? user : await this.#write(change, user, { disabled: true });
      await sessions.revokeAll(change.transaction, user.id, new Date(clock.now()));
      await administrators.requireOne(change.transaction);
      record(change, changed, changedFields({ disabled: user.disabled }, { disabled: true }), input.reason);
      return changed;
    });
  }

  async enable(caller: Caller, input: UserSwitch): Promise<UserEntity> {
    return this.#change(caller, 'enableUser', input, async (change, user) => {
      const changed = user.disabled ? await this.#write(change, user, { disabled: false }) : user;
      record(change, changed, changedFields({ disabled: user.disabled }, { disabled: false }), input.reason);
      return changed;
    });
  }

  async #change(
    caller: Caller,
    action: string,
    input: { readonly userId: string; readonly idempotencyKey?: string | null },
    work: (change: Change, user: UserEntity) => Promise<UserEntity>,
  ): Promise<UserEntity> {
    const { users, changes } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    permissions.require('users.manage');
    const idempotency = {
      key: input.idempotencyKey,
      input,
      replay: (id: string, transaction: Transaction) => users.get(id, idField, transaction),
    };
    return changes.run(permissions.caller, { action, idempotency }, async (change) =>
      work(change, await users.get(input.userId, idField, change.transaction)),
    );
  }

  #write(change: Change, user: UserEntity, patch: Partial<UserEntity>): Promise<UserEntity> {
    const updatedAt = new Date(this.parts.clock.now());
    return this.parts.users.update(change.transaction, user, { ...patch, updatedAt });
  }
}

function record(
  change: Change,
  user: UserEntity,
  changes: ReturnType<typeof changedFields>,
  reason?: string | null,
): void {
  change.audit({
    targetType: 'User',
    targetId: user.id,
    targetName: user.login,
    changes,
    reason: reason ?? null,
  });
  change.notify({ type: 'identity.changed', userId: user.id });
}
