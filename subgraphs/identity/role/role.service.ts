import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Change, Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { BadUserInputError, ConflictError, ForbiddenError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';
import { isPermissionName } from '../../shared/permission-names.js';
import type { Permissions } from '../../shared/permissions.js';
import { optionalLine } from '../../shared/text-rules.js';
import { requireVersion } from '../../shared/versions.js';
import type { AdministratorRepository } from '../role-binding/administrator.repository.js';
import { requireHeld } from '../role-binding/authority.js';
import type { RoleBindingRepository } from '../role-binding/role-binding.repository.js';
import type { RoleEntity } from './role.entity.js';
import type { RoleRepository } from './role.repository.js';

export interface NewRole {
  readonly name: string;
  readonly description?: string | null;
  readonly permissions: readonly string[];
  readonly idempotencyKey?: string | null;
}

export interface RoleUpdate {
  readonly roleId: string;
  readonly description?: string | null;
  readonly permissions?: readonly string[] | null;
  readonly version?: number | null;
  readonly idempotencyKey?: string | null;
}

export interface RoleServiceParts {
  readonly roles: RoleRepository;
  readonly bindings: RoleBindingRepository;
  readonly administrators: AdministratorRepository;
  readonly permissions: Permissions;
  readonly changes: Changes;
  readonly clock: Clock;
}

const idField = ['input', 'roleId'];

export class RoleService {
  constructor(private readonly parts: RoleServiceParts) {}

  /** What a role may do is no secret: it tells people what to ask for. */
  async listAll(caller: Caller): Promise<RoleEntity[]> {
    await this.parts.permissions.of(caller);
    return this.parts.roles.listAll();
  }

  async listByIds(caller: Caller, ids: readonly string[]): Promise<RoleEntity[]> {
    await this.parts.permissions.of(caller);
    return this.parts.roles.listByIds(ids);
  }

  async create(caller: Caller, input: NewRole): Promise<RoleEntity> {
    const { roles, changes, clock } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    permissions.require('roles.manage');
    const name = requireLabelName(input.name, ['input', 'name'], 'role');
    const description = optionalLine(input.description, ['input', 'description']);
    const names = requirePermissionNames(input.permissions);
    return changes.run(
      permissions.caller,
      { action: 'createRole', idempotency: this.#once(input) },
      async (change) => {
        const at = new Date(clock.now());
        const role = await roles.insert(change.transaction, {
          id: newId('role', at.getTime()),
          name,
          description,
          builtIn: false,
          permissions: names,
          createdAt: at,
          updatedAt: at,
          version: 1,
        });
        record(change, role, {}, facts(role));
        return role;
      },
    );
  }

  /** Those who hold the role get or lose what changes; so the caller must hold it for the whole platform. */
  async update(caller: Caller, input: RoleUpdate): Promise<RoleEntity> {
    const { roles, administrators, changes, clock } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    permissions.require('roles.manage');
    const names = input.permissions == null ? undefined : requirePermissionNames(input.permissions);
    const description =
      input.description === undefined ? undefined : optionalLine(input.description, ['input', 'description']);
    return changes.run(
      permissions.caller,
      { action: 'updateRole', idempotency: this.#once(input) },
      async (change) => {
        const role = requireCustom(await roles.get(input.roleId, idField, change.transaction));
        requireVersion('role', role, input.version);
        if (names) requireHeld(permissions, difference(role.permissions, names), {});
        const changed = await roles.update(change.transaction, role, {
          ...(names ? { permissions: names } : {}),
          ...(description === undefined ? {} : { description }),
          updatedAt: new Date(clock.now()),
        });
        await administrators.requireOne(change.transaction);
        record(change, role, facts(role), facts(changed));
        return changed;
      },
    );
  }

  /** Gives its id. */
  async delete(caller: Caller, input: { roleId: string; idempotencyKey?: string | null }): Promise<string> {
    const { roles, bindings, changes } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    permissions.require('roles.manage');
    const idempotency = { key: input.idempotencyKey, input, replay: async (id: string) => ({ id }) };
    const { id } = await changes.run(
      permissions.caller,
      { action: 'deleteRole', idempotency },
      async (change) => {
        const role = requireCustom(await roles.get(input.roleId, idField, change.transaction));
        const uses = await bindings.countByRole(change.transaction, role.id);
        if (uses > 0) {
          throw new ConflictError(
            `The role ${role.name} is bound ${uses} times: remove these role bindings first.`,
            { field: idField },
          );
        }
        await roles.remove(change.transaction, role.id);
        record(change, role, facts(role), {});
        return { id: role.id };
      },
    );
    return id;
  }

  #once(input: { readonly idempotencyKey?: string | null }) {
    return {
      key: input.idempotencyKey,
      input,
      replay: (id: string, transaction: Transaction) => this.parts.roles.get(id, idField, transaction),
    };
  }
}

function requirePermissionNames(names: readonly string[]): string[] {
  const problems = names.flatMap((name, index) =>
    isPermissionName(name)
      ? []
      : [
          {
            field: ['input', 'permissions', String(index)],
            message: `${JSON.stringify(name.slice(0, 80))} is no permission.`,
          },
        ],
  );
  if (problems.length > 0) throw new BadUserInputError(problems);
  if (names.length === 0) {
    throw BadUserInputError.at(['input', 'permissions'], 'permissions is empty: name at least one.');
  }
  return [...new Set(names)].sort();
}

function requireCustom(role: RoleEntity): RoleEntity {
  if (!role.builtIn) return role;
  throw new ForbiddenError(
    'roles.manage',
    `The role ${role.name} is built in: create one of your own instead.`,
  );
}

const difference = (before: readonly string[], after: readonly string[]): string[] => [
  ...after.filter((name) => !before.includes(name)),
  ...before.filter((name) => !after.includes(name)),
];

const facts = ({ name, description, permissions }: RoleEntity) => ({ name, description, permissions });

function record(change: Change, role: RoleEntity, before: object, after: object): void {
  change.audit({
    targetType: 'Role',
    targetId: role.id,
    targetName: role.name,
    changes: changedFields(before, after),
  });
  change.notify({ type: 'identity.changed', userId: null });
}
